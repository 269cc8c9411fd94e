"""Whether a broker answers: one metadata request over a socket, without a client library or event loop."""

import socket
import struct
from typing import Final

_METADATA: Final = 3
_VERSION: Final = 1
_CORRELATION: Final = 7
_TIMEOUT_SECONDS: Final = 2.0


def answers(host: str, port: int) -> bool:
    """Whether an unsecured broker at `host`:`port` is ready: it answers and counts a broker as live.

    A broker that still starts refuses the connection, does not answer, or lists no broker (it is fenced).
    Never raises.
    """
    request = struct.pack(">hhihi", _METADATA, _VERSION, _CORRELATION, -1, 0)  # no client id, no topics
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as stream:
                (length,) = struct.unpack(">i", stream.read(4))
                correlation, brokers = struct.unpack(">ii", stream.read(length)[:8])
    except (OSError, struct.error):
        return False
    return bool(correlation == _CORRELATION and brokers > 0)
