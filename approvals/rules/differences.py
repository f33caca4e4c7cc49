"""How a proposed role or server differs from the one that stands, member by member, to be read before it is signed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.words import grouped, joined, moment, said

type Document = dict[str, Any]

ANYTHING = said("anything: no list")
NAMES = {
    "title": said("Title"), "environment": said("Environment"), "owner": said("Owner of record"),
    "stopped": said("Stopped"), "tools": said("Tools"), "hosts": said("URL hosts"),
    "per_minute": said("Asks a minute"), "pending_most": said("Asks waiting at once"), "public_key": said("Public key"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What stood and what shall stand of one thing; of a list, only what goes and what comes."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def role(current: Document | None, proposed: Document | None) -> list[Difference]:
    """Person by person."""
    holding = {m["person"] for m in (current or {}).get("members", ()) if "from" not in m}
    before, after = _windows(current, holding), _windows(proposed, holding)
    return [
        Difference(person, tuple(before.get(person, ())), tuple(after.get(person, ())))
        for person in sorted({*before, *after})
        if before.get(person) != after.get(person)
    ]


def server(current: Document | None, proposed: Document | None) -> list[Difference]:
    """Member by member."""
    old, new = current or {}, proposed or {}
    changed = [name for name in NAMES if old.get(name) != new.get(name)]
    return [_member(name, old.get(name), new.get(name)) for name in changed]


def _windows(document: Document | None, holding: set[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for member in (document or {}).get("members", ()):
        held = member["person"] in holding and "from" not in member
        told = window(member.get("from"), member.get("until"), held=held)
        found.setdefault(member["person"], []).append(told)
    return found


def window(since: str | None, until: str | None, *, held: bool = False) -> str:
    """From when until when, in words; of who holds it already only until when."""
    ends = said("until {moment}", moment=_moment(until)) if until else said("until further notice")
    if held:
        return ends
    starts = said("from {moment}", moment=_moment(since)) if since else said("from now on")
    return joined([starts, ends])


def _member(name: str, old: Any, new: Any) -> Difference:
    if name not in ("tools", "hosts"):
        return Difference(NAMES[name], _words(name, old), _words(name, new))
    if old is None or new is None:
        return Difference(NAMES[name], _listed(old), _listed(new))
    return Difference(NAMES[name], tuple(each for each in old if each not in new), _added(new, old))


def _listed(listed: Iterable[str] | None) -> tuple[str, ...]:
    return (ANYTHING,) if listed is None else tuple(listed) or (said("nothing"),)


def _added(new: list[str], old: list[str]) -> tuple[str, ...]:
    return tuple(each for each in new if each not in old) or (() if new else (said("nothing"),))


def _words(name: str, value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if name == "stopped":
        return (said("yes"),) if value else ()
    if name == "public_key":
        return (f"Ed25519 {value['x']}",)
    return (grouped(value),) if isinstance(value, int) else (str(value),)


def _moment(text: str) -> str:
    return moment(datetime.fromisoformat(text))
