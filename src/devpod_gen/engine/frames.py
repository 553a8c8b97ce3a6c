"""What a container has said, as the engine hands it out: in frames, so that two streams go over
one connection. Format: eight bytes, a stream's number, three zeros and a length, then so much.
"""

from collections.abc import Iterator

ERRORS = 2
"""The number of standard error."""

_HEAD = 8


def taken(data: bytearray) -> Iterator[tuple[int, bytes]]:
    """The whole frames that the data begins with, each its stream's number and what it holds;
    they are taken out of it. With a terminal there are none."""
    while len(data) >= _HEAD and data[0] <= ERRORS and data[1:4] == b"\0\0\0":
        end = _HEAD + int.from_bytes(data[4:_HEAD], "big")
        if len(data) < end:
            break
        yield data[0], bytes(data[_HEAD:end])
        del data[:end]


def plain(stream: bytes) -> bytes:
    """All that was said, without the frames."""
    rest = bytearray(stream)
    return b"".join(said for _, said in taken(rest)) + bytes(rest)
