"""Watched values as rows of a form: where, what they are called, and names for ids as lines of `id = name`."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

_EQUALS = " = "


def read(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the document says them; lines that cannot be read are left out (see `unreadable`)."""
    return [
        {"at": row["at"] or "", "called": row["called"] or "", "names": dict(_pairs(row["names"] or ""))}
        for row in rows
    ]


def unreadable(text: str | None) -> str:
    """What is wrong with lines of names, "" when nothing is."""
    lines = [line for line in (text or "").splitlines() if line.strip()]
    found = list(_pairs(text or ""))
    if len(found) != len(lines):
        return _("Write each line as id = name, such as DE02 1203 = Nordlicht GmbH.")
    return "" if len(dict(found)) == len(found) else _("An id stands here twice.")


def shown(watch: dict[str, Any]) -> dict[str, Any]:
    """A watched value of the document as a row shows it."""
    names = watch.get("names", {})
    lines = [_line(key, name) for key, name in names.items()]
    return {"at": watch["at"], "called": watch.get("called", ""), "names": "\n".join(lines)}


def _line(key: str, name: str) -> str:
    """Quoted as JSON where the plain line would not be read back as it is."""
    plain = f"{key}{_EQUALS}{name}"
    return plain if list(_pairs(plain)) == [(key, name)] else json.dumps([key, name], ensure_ascii=True)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.lstrip().startswith("["):
            yield from _quoted(line)
            continue
        key, _, name = (part.strip() for part in line.partition(_EQUALS))
        if key and name:
            yield key, name


def _quoted(line: str) -> Iterator[tuple[str, str]]:
    try:
        said = json.loads(line)
    except ValueError:
        return
    if isinstance(said, list) and len(said) == 2 and all(isinstance(each, str) and each for each in said):
        yield said[0], said[1]
