"""The settings of the embedded broker: one KRaft node on loopback for a laptop, a demo or a test."""

import base64
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Final

HOST: Final = "127.0.0.1"
PROTOCOLS: Final = "listener.security.protocol.map"
"""The setting that says whether clients connect in the clear, by the listener names CLIENTS and CONTROLLER."""

# Below the range from which the system numbers outgoing connections (32768 and up on Linux): a client that
# tries to reach a stopped broker on a port of that range can meet itself, and the broker cannot have it back.
_PORTS: Final = range(20_000, 32_000)

JVM_OPTIONS: Final = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    # Compiled code of the first level only: a broker that lives for minutes starts faster so.
    "-XX:TieredStopAtLevel=1",
    "-Djava.awt.headless=true",
    # zstd, snappy and lz4 load native libraries, of which Java warns from version 24 on.
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--enable-native-access=ALL-UNNAMED",
)

_LOG4J: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR" shutdownHook="disable">
  <Appenders>
    <RollingFile name="file" fileName="{file}" filePattern="{file}.%i">
      <PatternLayout pattern="%d{{ISO8601}} %p %c{{1}}: %m%n"/>
      <SizeBasedTriggeringPolicy size="10 MB"/>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="file"/></Root>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of one broker: for clients, and for its own controller."""

    client: int
    controller: int


def free_ports(client: int | None = None) -> Ports:
    """Ports on which nothing listens now; `client` is taken as given if not None.

    Another program may take one before the broker does: the caller tries again with others.
    """
    numbers = SystemRandom().sample(_PORTS, len(_PORTS))
    free = (number for number in numbers if number != client and _is_free(number))
    return Ports(next(free) if client is None else client, next(free))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def cluster_id() -> str:
    """A new random cluster id: 22 characters of URL-safe base64, the first no hyphen.

    Kafka's own are so too: its tool would read an id that begins with a hyphen as an option.
    """
    # The first character holds the first six bits; with the highest of them cleared it is a letter of A to f.
    first, *rest = uuid.uuid4().bytes
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *rest])).decode().rstrip("=")


def server_properties(ports: Ports, data: Path, extra: Mapping[str, str]) -> str:
    """Text of `server.properties`; `extra` adds to the settings and replaces them."""
    listener = f"CLIENTS://{HOST}:{ports.client}"
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{ports.controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"{listener},CONTROLLER://{HOST}:{ports.controller}",
        "advertised.listeners": listener,
        PROTOCOLS: "CONTROLLER:PLAINTEXT,CLIENTS:PLAINTEXT",
        "inter.broker.listener.name": "CLIENTS",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "2",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # Tests of a frozen worker use sessions shorter than production would.
        "group.min.session.timeout.ms": "1000",
        # After a kill -9 the controller waits this long for the old process before it accepts the new one.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # A topic nobody declared is a mistake, not a topic with one partition.
        "auto.create.topics.enable": "false",
        # The cleaner's buffer is taken from the heap; the broker's own 128 MiB would be a third of it.
        "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
        "num.network.threads": "2",
        "num.io.threads": "4",
        **extra,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def log4j_configuration(log_file: Path) -> str:
    """Text of a log4j 2 configuration that writes to `log_file`, 30 MB at most with the older parts."""
    return _LOG4J.format(file=log_file)
