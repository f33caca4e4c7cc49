"""Makes a picture of a page small: at most 256 colours, which a page hardly has, by the standard library alone.

`smaller(png)` takes the 8-bit RGB or RGBA PNG that a browser makes (W3C PNG, 3rd edition) and returns an indexed one.
"""

import struct
import zlib
from collections import Counter
from itertools import accumulate

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
NEAR = 60  # squares of differences, in 256 steps a channel


def smaller(png: bytes) -> bytes:
    width, height, rows = _read(png)
    pixels = [list(zip(row[0::3], row[1::3], row[2::3], strict=True)) for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = _palette(counted)
    place = {colour: index for index, colour in enumerate(palette)}
    for colour in counted:
        if colour not in place:
            place[colour] = min(range(len(palette)), key=lambda index: _apart(palette[index], colour))
    data = b"".join(b"\0" + bytes(map(place.__getitem__, row)) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    shades = b"".join(map(bytes, palette))
    parts = ((b"IHDR", head), (b"PLTE", shades), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _palette(counted: Counter[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The commonest colours, but none beside one that is nearly the same: else the few rare ones would be lost."""
    chosen: list[tuple[int, ...]] = []
    for colour, _ in counted.most_common():
        if len(chosen) < COLOURS and all(_apart(colour, each) > NEAR for each in chosen):
            chosen.append(colour)
    return chosen


def _apart(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _read(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height, and the rows as RGB."""
    parts, at = {b"IDAT": b""}, len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        parts[name] = parts.get(name, b"") + data
        at += 12 + length
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert depth == 8 and kind in (2, 6), "a browser makes 8-bit RGB or RGBA"
    step = 3 if kind == 2 else 4
    raw, size, before, rows = zlib.decompress(parts[b"IDAT"]), width * step, bytes(width * step), []
    for start in range(0, len(raw), size + 1):
        before = _unfiltered(raw[start], raw[start + 1 : start + 1 + size], before, step)
        rows.append(before if step == 3 else _without_alpha(before))
    return width, height, rows


def _without_alpha(row: bytes) -> bytes:
    kept = bytearray(len(row) // 4 * 3)
    for channel in range(3):
        kept[channel::3] = row[channel::4]
    return bytes(kept)


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """PNG, 9.2: a row is written as what it differs by from its neighbours."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes((a + b) & 255 for a, b in zip(row, above, strict=True))
    made = bytearray(len(row))
    for channel in range(step):
        said, up = row[channel::step], above[channel::step]
        made[channel::step] = bytes(_along(kind, said, up))
    return bytes(made)


def _along(kind: int, said: bytes, up: bytes) -> list[int]:
    if kind == 1:
        return list(accumulate(said, lambda left, each: (left + each) & 255))
    made, left, corner = [], 0, 0
    for each, above in zip(said, up, strict=True):
        left = (each + ((left + above) // 2 if kind == 3 else _paeth(left, above, corner))) & 255
        corner = above
        made.append(left)
    return made


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    apart = abs(guess - left), abs(guess - above), abs(guess - corner)
    if apart[0] <= apart[1] and apart[0] <= apart[2]:
        return left
    return above if apart[1] <= apart[2] else corner
