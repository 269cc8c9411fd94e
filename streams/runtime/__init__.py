"""What runs the pure core: asyncio, no Kafka, no Faust."""
