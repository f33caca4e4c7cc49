"""The whole map as one file: written from what stands, compared with it, and proposed as changes like all others.

docs/admins.md shows a file. What it does not name is left alone, unless it says `complete: true`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts import words
from accounts.models import User

from . import changes, governed
from .errors import BadMap, Refusal
from .governed import MAPPED, Document
from .models import Change
from .rules import documents, policies, strict_yaml, written

VERSION = 1
SECTIONS = {Change.About.SERVER: "servers", Change.About.ROLE: "roles", Change.About.CHECKPOINT: "checkpoints"}
#: The member of a document that repeats the name it stands under, and so is left out in a file.
NAMED = {Change.About.SERVER: "server", Change.About.ROLE: "role", Change.About.CHECKPOINT: "checkpoint"}
CREATED, CHANGED, RETIRED = "created", "changed", "retired"


@dataclass(frozen=True, slots=True)
class Difference:
    """What the file says otherwise than the map; `proposed` None retires a checkpoint."""

    about: str
    subject: str
    how: str
    current: Document | None
    proposed: Document | None

    @property
    def lines(self) -> list[written.Line]:
        """The difference as the file would write it."""
        return written.lines(_entry(self.about, self.current), _entry(self.about, self.proposed))


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a difference: a change (which may wait for confirmation), or why there is none."""

    difference: Difference
    change: Change | None = None
    refusal: Refusal | None = None


def export(*, at: datetime) -> str:
    """Write all that stands, in a stable order. It holds no secret: keys of servers are public ones."""
    stands: dict[str, Any] = {"placet": VERSION}
    for about, section in SECTIONS.items():
        every = MAPPED[about].every(at=at)
        stands[section] = {name: _entry(about, every[name]) for name in sorted(every)}
    return strict_yaml.write(stands)


def plan(raw: bytes, *, at: datetime) -> list[Difference]:
    """Return what would change if the file were in force; BadMap says on which line it cannot be read.

    In the order in which they can be confirmed one after the other: servers, roles, what goes, what comes.
    """
    sheet = strict_yaml.read(raw)
    found = list(_differences(sheet, _head(sheet), at=at))
    return sorted(found, key=lambda d: (list(SECTIONS).index(d.about), d.how != RETIRED, d.subject))


def apply(raw: bytes, *, author: User, note: str = "", at: datetime) -> list[Applied]:
    """Propose one change for each difference. What waits already is not proposed twice.

    Each is refused by itself; what only lacks another's confirmation is proposed by applying the file again.
    """
    return [_applied(each, author=author, note=note, at=at) for each in plan(raw, at=at)]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the file, for editors."""
    rule, shared = _part(policies.Rule.model_json_schema(), "checkpoint")
    server, more = _part(documents.ServerDocument.model_json_schema(), "server")
    role = documents.RoleDocument.model_json_schema()
    members = role["properties"]["members"] | {"items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/Member"}]}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A map of Placet",
        "type": "object",
        "additionalProperties": False,
        "required": ["placet"],
        "properties": {
            "placet": {"const": VERSION},
            "complete": {"type": "boolean", "default": False},
            "servers": {"type": "object", "additionalProperties": server},
            "roles": {"type": "object", "additionalProperties": members},
            "checkpoints": {"type": "object", "additionalProperties": rule},
        },
        "$defs": shared | more | role["$defs"],
    }


def _part(whole: dict[str, Any], named: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document's schema without the member that repeats its name, and the definitions it shares."""
    properties = {member: said for member, said in whole["properties"].items() if member != named}
    required = [member for member in whole.get("required", ()) if member != named]
    kept = {"type": "object", "additionalProperties": False, "properties": properties}
    return kept | ({"required": required} if required else {}), whole.get("$defs", {})


def _head(sheet: strict_yaml.Sheet) -> dict[str, Any]:
    """The file's outermost members, each of its kind."""
    if not isinstance(sheet.value, dict):
        raise BadMap(words.said("A map begins with `placet: 1`."), line=1)
    if sheet.value.get("placet") != VERSION or sheet.value.get("placet") is True:
        raise BadMap(
            words.said("This reads maps of version {version}: write `placet: {version}`.", version=VERSION),
            line=sheet.line("/placet"),
        )
    for member, said in sheet.value.items():
        if member not in ("placet", "complete", *SECTIONS.values()):
            raise BadMap(words.said("A map has no member {member}.", member=member[:80]), line=sheet.line(f"/{member}"))
        if member == "complete" and not isinstance(said, bool):
            raise BadMap(words.said("Complete is true or false."), line=sheet.line("/complete"))
        if member in SECTIONS.values() and not isinstance(said, dict | None):
            raise BadMap(words.said("Under {member} stand names.", member=member), line=sheet.line(f"/{member}"))
    return sheet.value


def _differences(sheet: strict_yaml.Sheet, head: dict[str, Any], *, at: datetime) -> Iterator[Difference]:
    for about, section in SECTIONS.items():
        stands, named = MAPPED[about].every(at=at), head.get(section) or {}
        for subject, entry in named.items():
            pointer = strict_yaml.pointed(f"/{section}", subject)
            wanted = _read(about, subject, entry, stands.get(subject), sheet=sheet, pointer=pointer, at=at)
            if not governed.same(wanted, stands.get(subject)):
                how = CHANGED if subject in stands else CREATED
                yield Difference(about, subject, RETIRED if wanted is None else how, stands.get(subject), wanted)
        if head.get("complete") and about != Change.About.SERVER:
            yield from _left_out(about, {name: said for name, said in stands.items() if name not in named})


def _left_out(about: str, stands: dict[str, Document]) -> Iterator[Difference]:
    """What a complete file does not name: checkpoints are retired, and roles emptied. Servers stay on record."""
    for name, said in stands.items():
        if about == Change.About.CHECKPOINT or said.get("members"):
            yield Difference(about, name, RETIRED, said, None if about == Change.About.CHECKPOINT else {"role": name})


def _read(
    about: str, subject: str, entry: Any, stands: Document | None, *, sheet: strict_yaml.Sheet, pointer: str,
    at: datetime,
) -> Document | None:  # fmt: skip
    """The document of an entry, read as every other; what is wrong with it is told with its line."""
    try:
        document = _document(about, subject, entry)
        if about == Change.About.SERVER and "stopped" not in document:
            document["stopped"] = (stands or {}).get("stopped", False)  # a file starts no server by saying nothing
        return governed.kind(about).read(subject=subject, document=document, at=at)
    except Refusal as refusal:
        inside = (refusal.pointer or "").removeprefix("/members") if about == Change.About.ROLE else refusal.pointer
        raise BadMap(
            words.said("{subject}: {message}", subject=subject, message=refusal.message),
            line=sheet.line(pointer + (inside or "")),
        ) from refusal


def _document(about: str, subject: str, entry: Any) -> Document:
    if about == Change.About.ROLE:
        members = [{"person": each} if isinstance(each, str) else each for each in _listed(entry)]
        return {"role": subject, "members": members}
    if entry is not None and not isinstance(entry, dict):
        raise BadMap(words.said("here stand members with their values."))
    if NAMED[about] in (entry or {}):
        raise BadMap(words.said("its name stands before it, and not in it."))
    return {NAMED[about]: subject} | (entry or {})


def _listed(entry: Any) -> list[Any]:
    if not isinstance(entry, list | None):
        raise BadMap(words.said("a role is a list of people."))
    return entry or []


def _entry(about: str, document: Document | None) -> Any:
    """A document as it stands in a file, under its name."""
    if document is None:
        return None
    if about == Change.About.ROLE:
        return [each["person"] if set(each) == {"person"} else each for each in document.get("members", ())]
    said = governed.ordered(about, document) or {}
    return {member: each for member, each in said.items() if member != NAMED[about]}


def _applied(difference: Difference, *, author: User, note: str, at: datetime) -> Applied:
    waiting = changes.waiting(about=difference.about, subject=difference.subject, proposed=difference.proposed)
    if waiting is not None:
        return Applied(difference, change=waiting)
    try:
        change = changes.propose(
            author=author, about=difference.about, subject=difference.subject, proposed=difference.proposed, note=note,
            at=at,
        )  # fmt: skip
    except Refusal as refusal:
        return Applied(difference, refusal=refusal)
    return Applied(difference, change=change)
