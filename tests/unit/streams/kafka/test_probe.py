import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from streams.kafka.probe import answers


@contextmanager
def _server(answer: bytes) -> Iterator[int]:
    """Something that takes one connection and says `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (struct.pack(">iii", 8, 7, 1), True),
        (struct.pack(">iii", 8, 7, 0), False),
        (struct.pack(">iii", 8, 9, 1), False),
        (b"HTTP/1.1 400 Bad Request\r\n", False),
        (b"", False),
    ],
)
def test_only_an_answer_that_lists_a_live_broker_counts(answer: bytes, expected: bool) -> None:
    with _server(answer) as port:
        assert answers("127.0.0.1", port) is expected


def test_a_closed_port_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not answers("127.0.0.1", port)
