"""Lines of a stream as they come: many at once from a file, few from somebody who types."""

from collections.abc import Iterator
from typing import Final, Protocol

_READ_BYTES: Final = 256 * 1024


class Readable(Protocol):
    """A buffered stream of bytes."""

    def read1(self, size: int, /) -> bytes:
        """What is there now, at most `size` bytes; waits only if nothing is."""
        ...


def blocks(source: Readable) -> Iterator[list[bytes]]:
    """Lists of whole lines without their line feeds, each list as much as was there when it was asked for.

    A last line without a line feed counts. Nothing waits for a block to be full, so that a program that writes a
    line and waits for its answer gets it.
    """
    rest = b""
    while True:
        data = source.read1(_READ_BYTES)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]
