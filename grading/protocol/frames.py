"""Frames: a fixed prefix, a short msgpack header, then the raw bytes of arrays.

Lengths are read first and checked against caps before anything is allocated. Both sides use this module; it imports
nothing of ours, so that it works where nothing else of the project can be seen.
"""

from __future__ import annotations

import struct

MAGIC = b"SGr1"
PREFIX = struct.Struct("<4sIQ")
MAX_REPLY_HEADER = 1 << 20
MAX_REQUEST_HEADER = 1 << 26


class ProtocolError(Exception):
    """The other side sent something that the protocol does not allow."""


def frame(header: bytes, arrays: list[bytes]) -> bytes:
    """Build a frame as it is sent: the prefix, ``header``, and ``arrays`` one after another."""
    size = sum(map(len, arrays))
    return b"".join((PREFIX.pack(MAGIC, len(header), size), header, *arrays))


def sizes(
    prefix: bytes | bytearray | memoryview, offset: int, max_header: int, max_payload: int
) -> tuple[int, int]:
    """Return the lengths of header and payload, as declared by the prefix at ``offset``.

    Raises:
        ProtocolError: wrong magic, or a length above its cap.
    """
    magic, header, payload = PREFIX.unpack_from(prefix, offset)
    if magic != MAGIC:
        raise ProtocolError("a frame does not begin as frames do")
    if header > max_header:
        raise ProtocolError(f"a header of {header} bytes, over the limit of {max_header}")
    if payload > max_payload:
        raise ProtocolError(f"arrays of {payload} bytes, over the limit of {max_payload}")
    return header, payload


class Assembler:
    """Assembles frames of replies from bytes as they arrive, in pieces of any size."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0

    def feed(self, data: bytes) -> None:
        """Add bytes that were received."""
        if self._position:
            del self._buffer[: self._position]
            self._position = 0
        self._buffer += data

    def next(self, max_payload: int) -> tuple[bytes, bytearray] | None:
        """Return header and payload of the next frame, or None while it is incomplete.

        Raises:
            ProtocolError: as soon as the prefix shows that the frame cannot be accepted.
        """
        start, available = self._position + PREFIX.size, len(self._buffer)
        if available < start:
            return None
        header_size, payload_size = sizes(self._buffer, self._position, MAX_REPLY_HEADER, max_payload)
        middle = start + header_size
        end = middle + payload_size
        if available < end:
            return None
        self._position = end
        return bytes(memoryview(self._buffer)[start:middle]), self._buffer[middle:end]

    @property
    def pending(self) -> int:
        """The number of received bytes that do not belong to a complete frame yet."""
        return len(self._buffer) - self._position
