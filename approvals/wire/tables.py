"""Tables for other programs: CSV as RFC 4180 has it, JSON lines; written row by row, however many there are."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

#: A spreadsheet takes a cell that begins with one of these for a formula, or skips over the sign in front of one.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

#: What ends a line besides a newline, for `str.splitlines` and its like, and is not escaped by JSON anyway.
_ENDS = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x7f\x85\u2028\u2029"}

type Cell = str | int | float | bool | None


def as_csv(header: Sequence[str], table: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Return the lines of the table, its header first."""
    room = io.StringIO()
    writer = csv.writer(room)
    writer.writerow(header)
    for row in table:
        yield _taken(room)
        writer.writerow([harmless(cell) for cell in row])
    yield _taken(room)


def as_lines(header: Sequence[str], table: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Return a JSON object a row (JSON lines), its members named by the header; None is null.

    Signs at which many programs end a line are escaped: a foreign name could make two lines of one.
    """
    for row in table:
        yield json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False).translate(_ENDS) + "\n"


def harmless(cell: Cell) -> Cell:
    """The cell as text that no spreadsheet runs: a foreign name may be written to look like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _taken(room: io.StringIO) -> str:
    text = room.getvalue()
    room.seek(0)
    room.truncate()
    return text


#: By the name that an address gives: how the lines are written, and what they are.
FORMATS = {"csv": (as_csv, "text/csv"), "jsonl": (as_lines, "application/jsonl")}
