"""The way back: the text that was rendered, from what a person sees of it."""

import re
from collections.abc import Iterable

from .text import Piece

_CODE = re.compile(r"U\+([0-9A-F]{4,6})(?: (?!U\+|×)[^ ]+)*(?: ×(\d+))?")


def unrender(pieces: Iterable[Piece]) -> str:
    """Return the text that was rendered, from what is seen alone."""
    return "".join(_read(piece) for piece in pieces)


def _read(piece: Piece) -> str:
    if piece.form in ("text", "rtl"):
        return piece.shown
    if piece.form == "script":
        return piece.glyph
    count = int(piece.shown.rpartition("×")[2]) if "×" in piece.shown and piece.form != "chip" else len(piece.shown)
    if piece.form == "break":
        return "\n" * count
    if piece.form == "mark":
        return "\t" if piece.shown == "⇥" else " " * count
    if piece.shown.startswith("TAG "):
        said = piece.shown.partition("“")[2][:-1]
        return "".join(chr(ord(c) + 0xE0000) for c in said.replace("␣", " "))
    return "".join(chr(int(code, 16)) * int(times or 1) for code, times in _CODE.findall(piece.shown))
