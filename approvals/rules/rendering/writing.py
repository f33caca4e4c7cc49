"""The same as plain text, for a terminal or a mail: every chip stands in ⟨ ⟩, and no text of a server holds those.

`read(write(value)) == value` for every JSON value. Two spaces and a line end are ours alone; a control character, and
with it a terminal's escape sequence, is a name. A run that reads right to left stands between two words of ours, so
that nothing around it is reordered.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from placet import canonical

from .back import unrender
from .paths import Path, flatten, label, steps
from .text import Piece, render
from .values import KINDS

OPEN, CLOSE = "⟨", "⟩"
INDENT = "    "
_OWN = re.compile(f"[{OPEN}{CLOSE}]")
_PARTS = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}|([^{OPEN}]+)")
_MARKS = {"␣": "mark", "⇥": "mark", "↵": "break"}


def write(value: Any) -> str:
    """A JSON value as lines: of each leaf its kind and name, and below it, further in, what it is."""
    return "\n".join(line for leaf in flatten(value) for line in _leaf(leaf.path, leaf.value))


def read(text: str) -> Any:
    """The value that was written."""
    leaves: list[tuple[Path, Any]] = []
    entries = re.split(r"\n(?! )", text)
    for entry in entries:
        head, _, shown = entry.partition("\n" + INDENT)
        kind, _, name = head.partition("  ")
        said = reread(shown)
        leaves.append((steps(reread(name)), said if kind == "string" else json.loads(said)))
    return _built(leaves)


def words(pieces: Iterable[Piece], *, indent: str | None = None) -> str:
    """Pieces as text: one line, or with `indent` a new line, that far in, after each line end."""
    return "".join(_word(piece, indent) for piece in pieces)


def line(text: str) -> str:
    """A server's text as one line."""
    return words(render(text))


def reread(text: str) -> str:
    """The text that was written as words."""
    found = [_piece(*match.groups()) for match in _PARTS.finditer(re.sub(r"\n *", "", text))]
    return unrender(piece for piece in found if piece)


def _leaf(path: Path, value: Any) -> Iterator[str]:
    kind = KINDS[type(value)]
    yield f"{kind}  {line(label(path)) or f'{OPEN}itself{CLOSE}'}"
    shown = words(render(value), indent=INDENT) if kind == "string" else canonical.canonical(value).decode()
    yield INDENT + (shown or f"{OPEN}empty{CLOSE}")


def _word(piece: Piece, indent: str | None) -> str:
    if piece.form == "text":
        return _OWN.sub(lambda found: f"{OPEN}U+{ord(found[0]):04X}{CLOSE}", piece.shown)
    if piece.form == "rtl":
        return f"{OPEN}rtl {piece.shown} rtl{CLOSE}"
    if piece.form == "script":
        return f"{OPEN}{piece.shown}: {piece.glyph}{CLOSE}"
    after = "\n" + indent if piece.form == "break" and indent is not None else ""
    return f"{OPEN}{piece.shown}{CLOSE}{after}"


def _piece(chip: str | None, text: str | None) -> Piece | None:
    if text is not None:
        return Piece("text", text)
    chip = chip or ""
    if chip in ("empty", "itself"):
        return None
    if chip.startswith("rtl "):
        return Piece("rtl", chip[4:-4])
    if chip[:1] in _MARKS:
        return Piece(_MARKS[chip[0]], chip)
    if chip.startswith(("U+", "TAG ")):
        return Piece("chip", chip)
    script, _, glyph = chip.partition(": ")
    return Piece("script", script, glyph=glyph)


def _built(leaves: list[tuple[Path, Any]]) -> Any:
    if len(leaves) == 1 and not leaves[0][0]:
        return leaves[0][1]
    groups: dict[str | int, list[tuple[Path, Any]]] = {}
    for (first, *rest), value in leaves:
        groups.setdefault(first, []).append((tuple(rest), value))
    if isinstance(next(iter(groups)), int):
        return [_built(groups[at]) for at in range(len(groups))]
    return {name: _built(inside) for name, inside in groups.items()}
