"""Two documents as the map's file would write them, and how they differ, line by line."""

import difflib
from dataclasses import dataclass
from typing import Any

from . import strict_yaml

AROUND = 3  # lines that stay, shown before and after those that do not


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stays (" "), goes ("-") or comes ("+"); or a gap ("…") of lines that stay and are left out."""

    sign: str
    text: str


def lines(before: Any | None, after: Any | None) -> list[Line]:
    """Return how to get from one to the other; None is nothing at all."""
    old, new = _lines(before), _lines(after)
    found: list[Line] = []
    for said in list(difflib.unified_diff(old, new, n=AROUND, lineterm=""))[2:]:
        if not said.startswith("@@"):
            found.append(Line(said[0], said[1:]))
        elif found:
            found.append(Line("…", ""))
    return found


def _lines(document: Any | None) -> list[str]:
    return [] if document is None else strict_yaml.write(document).splitlines()
