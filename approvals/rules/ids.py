"""Ids that sort by time, so that new rows land at the end of every index."""

from datetime import datetime
from uuid import UUID


def uuid7(*, at: datetime, place: int, noise: bytes) -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7).

    48 bits of milliseconds, 12 bits of the place in its batch, so that asks of one moment keep their order, and 62 bits
    of the 8 bytes of noise.
    """
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | (place & 0xFFF) << 64 | int.from_bytes(noise[:8])
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def milliseconds(found: UUID) -> int:
    """Return the moment in a UUID version 7, since 1970."""
    return found.int >> 80


def floor(at: datetime) -> UUID:
    """Return what no UUID version 7 of this moment or later is smaller than."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
