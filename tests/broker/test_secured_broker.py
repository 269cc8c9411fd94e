"""The security settings against a broker that demands them: TLS with a certificate of its own, SASL on top."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from aiokafka import AIOKafkaConsumer

from streams.kafka.admin import create_topics
from streams.kafka.connection import UnreachableError, open_producer
from streams.kafka.embedded import EmbeddedBroker
from streams.kafka.java import find_java
from streams.kafka.security import SaslMechanism, Security, SecurityProtocol
from streams.topics import topic_list

STORE_PASSWORD = "store-password"


@dataclass(frozen=True)
class Secured:
    bootstrap: str
    security: Security


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    keytool = find_java(os.environ).home / "bin" / "keytool"
    store = ("-alias", "broker", "-keystore", str(folder / "broker.p12"), "-storepass", STORE_PASSWORD)
    subprocess.run(
        [keytool, "-genkeypair", *store, "-keyalg", "EC", "-dname", "CN=test", "-ext", "san=ip:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    exported = subprocess.run([keytool, "-exportcert", "-rfc", *store], check=True, capture_output=True)
    (folder / "ca.pem").write_bytes(exported.stdout)
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    properties = {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,CLIENTS:SASL_SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.clients.plain.sasl.jaas.config": (
            f'{login} username="broker" password="b" user_broker="b" user_peakend="right";'
        ),
        "ssl.keystore.location": str(folder / "broker.p12"),
        "ssl.keystore.password": STORE_PASSWORD,
        "ssl.truststore.location": str(folder / "broker.p12"),
        "ssl.truststore.password": STORE_PASSWORD,
    }
    security = Security(
        protocol=SecurityProtocol.SASL_SSL,
        mechanism=SaslMechanism.PLAIN,
        username="peakend",
        password="right",
        ca_file=folder / "ca.pem",
    )
    with EmbeddedBroker(properties=properties) as broker:
        yield Secured(broker.bootstrap, security)


async def test_admin_producer_and_consumer_come_in_with_the_right_settings(secured: Secured) -> None:
    topic = topic_list()[0]
    await create_topics(secured.bootstrap, secured.security, [topic])
    async with open_producer(secured.bootstrap, secured.security, max_request_bytes=1000) as producer:
        await producer.send_and_wait(topic.name, b"hola", partition=0)
    settings = secured.security.aiokafka()
    consumer = AIOKafkaConsumer(
        topic.name, bootstrap_servers=secured.bootstrap, auto_offset_reset="earliest", **settings
    )
    async with consumer:
        assert (await consumer.getone()).value == b"hola"


@pytest.mark.parametrize("wrong", ["password", "certificate"])
async def test_a_wrong_password_or_certificate_does_not_come_in(secured: Secured, wrong: str) -> None:
    security = (
        replace(secured.security, password="wrong") if wrong == "password" else replace(secured.security, ca_file=None)
    )
    with pytest.raises(UnreachableError, match="KAFKA_SASL"):
        await create_topics(secured.bootstrap, security, topic_list()[:1])
