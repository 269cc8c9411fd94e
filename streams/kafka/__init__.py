"""Everything that speaks to Apache Kafka without Faust."""
