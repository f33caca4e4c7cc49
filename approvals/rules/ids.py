"""Ids that sort by time, so that new rows land at the end of every index."""

from datetime import datetime
from uuid import UUID


def uuid7(*, at: datetime, noise: bytes) -> UUID:
    """Return a UUID version 7 (RFC 9562, 5.7): 48 bits of milliseconds, then 74 of the 80 bits of noise."""
    milliseconds = int(at.timestamp() * 1000)
    bits = milliseconds << 80 | int.from_bytes(noise[:10])
    bits = bits & ~(0xF << 76) | 0x7 << 76
    return UUID(int=bits & ~(0x3 << 62) | 0x2 << 62)
