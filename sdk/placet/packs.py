"""Proof packs: all that is known of one action, in one file, checked without asking anybody.

A pack (`placet.pack.v1`) has the receipt, the keys that signed, the text of the rule, the people with their roles and
passkeys, what the reviewers were shown, the ledger's entry with its proof, and perhaps the bytes themselves. Each is
compared with what was signed, or with what the verifier pinned. See docs/receipts.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from placet import canonical
from placet.canonical import NotCanonical, digest, digest_bytes
from placet.errors import NotApproved
from placet.examination import Examination, examine, issued_at
from placet.receipts import Directory, Floor, Pin
from placet.receipts.directory import holds_role, stood_in
from placet.receipts.terms import BASES
from placet.tlog import heads, proofs, tree

TYPE = "placet.pack.v1"
MAX_BYTES = 2 * 1024 * 1024
MEMBERS = frozenset({
    "@type", "action", "asked", "at", "directory", "iss", "keys", "ledger", "policy", "receipt", "view",
})  # fmt: skip

type Result = Literal["holds", "left out", "refused"]
type Said = Mapping[str, Any]


class BadPack(ValueError):
    """A member that is not what was signed."""


@dataclass(frozen=True, slots=True)
class Part:
    """What was found of one member."""

    name: str
    result: Result
    detail: str


@dataclass(slots=True)
class Report:
    """The members in order, and what the receipt proves. A pack holds when nothing was refused."""

    parts: list[Part] = field(default_factory=list)
    examined: Examination | None = None

    @property
    def holds(self) -> bool:
        return len(self.parts) == 8 and all(part.result != "refused" for part in self.parts)


def verify(raw: bytes, *, pin: Pin, directory: Directory | None = None) -> Report:
    """Check every member. With a directory of your own, reviews are proven too (level 2)."""
    report = Report()
    pack: dict[str, Any] = {}

    def form() -> str:
        pack.update(_formed(raw))
        return pack["action"]

    def receipt() -> str:
        report.examined = _receipt(pack, pin=pin, directory=directory)
        return str(report.examined.decision)

    if not (_look(report, "form", form) and _look(report, "receipt", receipt)):
        return report
    claims = report.examined.claims if report.examined else {}
    _look(report, "keys", lambda: _keys(pack, pin=pin))
    _look(report, "policy", lambda: _policy(pack["policy"], claims["pol"]))
    _look(report, "directory", lambda: _people(pack, claims, pinned=directory))
    _look(report, "view", lambda: _view(pack["view"], claims))
    _look(report, "ledger", lambda: _entry(pack, claims, pin=pin))
    _look(report, "asked", lambda: _bytes(pack["asked"], pack["view"], claims))
    if report.examined and report.parts[-1].result == "holds":
        _prove_bytes(report.examined)
    return report


def _prove_bytes(examined: Examination) -> None:
    examined.unproven = [line for line in examined.unproven if not line.startswith("Which bytes")]
    examined.proven.append("The bytes in the pack are those that were decided on.")


def _look(report: Report, name: str, look: Callable[[], str | None]) -> bool:
    try:
        found = look()
    except NotCanonical as error:
        report.parts.append(Part(name, "refused", error.message))
    except (BadPack, tree.BadProof, heads.BadHead, NotApproved) as error:
        report.parts.append(Part(name, "refused", str(error)))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        report.parts.append(Part(name, "refused", "This cannot be read."))
    else:
        report.parts.append(Part(name, "left out" if found is None else "holds", found or "It is not in the pack."))
    return report.parts[-1].result != "refused"


def _must(holds: bool, message: str) -> None:
    if not holds:
        raise BadPack(message)


def _formed(raw: bytes) -> dict[str, Any]:
    pack = canonical.parse(raw, max_bytes=MAX_BYTES)
    known = isinstance(pack, dict) and pack.keys() == MEMBERS and pack["@type"] == TYPE
    _must(known, "This is no proof pack of version 1.")
    texts = all(isinstance(pack[name], str) and pack[name] for name in ("action", "iss", "receipt"))
    _must(texts and type(pack["at"]) is int, "The pack does not say what it is about.")
    return pack


def _receipt(pack: Said, *, pin: Pin, directory: Directory | None) -> Examination:
    receipt = pack["receipt"].encode()
    floor = Floor.taking(BASES, level=2 if directory else 1)
    found = examine(receipt, pin=pin, now=float(issued_at(receipt) or 0), floor=floor, directory=directory)
    refusal = found.refusal
    if refusal:
        raise BadPack(f"Step {refusal.step}, {refusal.detail}.")
    _must(found.claims["req"]["id"] == pack["action"], "The receipt is about another action than the pack.")
    _must(found.claims["iss"] == pack["iss"], "The receipt is of another console than the pack.")
    return found


def _keys(pack: Said, *, pin: Pin) -> str:
    said = pack["keys"]
    _must(said["issuer"] == pack["iss"] and bool(said["keys"]), "The pack names no keys.")
    pinned = {key.get("kid"): key for key in pin.keys}
    for key in said["keys"]:
        known = pinned.get(key["kid"])
        like = known is not None and all(known.get(name) == key[name] for name in ("kty", "crv", "x"))
        _must(like, "A key in the pack is not one that you pinned.")
    return ", ".join(key["kid"] for key in said["keys"])


def _policy(text: Any, pol: Said | None) -> str | None:
    if pol is None:
        _must(text is None, "The receipt rests on no rule, and the pack has one.")
        return None
    if text is None:  # a server is not told by which rule it was stopped
        return None
    same = digest_bytes(text.encode()) == pol["dig"]
    _must(same, "The text of the rule is not the one that the receipt names.")
    return f"{pol['checkpoint']}, revision {pol['rev']}"


def _people(pack: Said, claims: Said, *, pinned: Directory | None) -> str:
    said = Directory(pack["directory"])
    _must(said.iss == pack["iss"], "The people in the pack are of another console.")
    stated = _stated(claims)
    named = {sub for stmt in stated for sub in (stmt["sub"], stmt.get("on_behalf_of")) if sub}
    there = [person["sub"] for person in pack["directory"]["people"]]
    _must(named <= set(there), "Somebody whom the receipt names is not in the pack.")
    _must(set(there) <= named, "Somebody is in the pack whom the receipt does not name.")
    for stmt in stated:
        _must(_in_role(said, stmt), f"{stmt['sub']} did not hold the role they spoke in.")
    if pinned is None:
        return f"{', '.join(there) or 'nobody'}; by the console’s word, as no directory was given"
    for person in pack["directory"]["people"]:
        _as_pinned(person, pinned)
    return f"{', '.join(there) or 'nobody'}, as in your directory"


def _in_role(said: Directory, stmt: Said) -> bool:
    person, principal = said.person(stmt["sub"]), stmt.get("on_behalf_of")
    if person is None or type(stmt["iat"]) is not int:
        return False
    if principal:
        return stood_in(person, stmt["role"], principal=principal, at=stmt["iat"])
    return holds_role(person, stmt["role"], at=stmt["iat"])


def _as_pinned(person: Said, pinned: Directory) -> None:
    """Each window stands in the pinned directory too; only its end may have been set on one side since."""
    known = pinned.person(person["sub"])
    _must(known is not None, f"{person['sub']} is not in your directory.")
    for name in ("roles", "stands_in", "passkeys"):
        for window in person.get(name, []):
            found = any(_like(window, each) for each in (known or {})[name])
            _must(found, f"What the pack says of {person['sub']} is not what your directory says.")


def _like(window: Said, other: Said) -> bool:
    ends = {window["until"], other["until"]}
    return {**window, "until": None} == {**other, "until": None} and (len(ends) == 1 or None in ends)


def _view(view: Said, claims: Said) -> str:
    stated = _stated(claims)
    details = claims.get("authorization_details")
    edited = details[0]["dig"] if details and details[0]["edited"] else None
    eff = edited or (stated[0]["eff"] if stated else claims["req"]["dig"])
    pol = claims["pol"]
    _must(view["body"] == eff, "The view is of other bytes than were decided.")
    _must(view["policy"] == (pol["dig"] if pol else None), "The view is of another rule.")
    _must(view.get("asked", claims["req"]["dig"]) == claims["req"]["dig"], "The view is of another ask.")
    shown = digest("view", view)
    _must(all(stmt["shown"] == shown for stmt in stated), "Somebody was shown something else.")
    return f"renderer {view['renderer']}"


def _entry(pack: Said, claims: Said, *, pin: Pin) -> str | None:
    if pack["ledger"] is None:
        return None
    answer = canonical.canonical({**pack["ledger"], "receipt": pack["receipt"]})
    said, note = proofs.receipt_in(answer)
    _must(pin.issuer in (None, note.head.origin), "The head is of another console.")
    heads.signed_by(note, pin.keys)
    about = said["action"] == pack["action"] and said["event"] == f"action.{claims['decision']}"
    _must(about, "The entry is about something else.")
    more = len(note.signatures) - 1
    seen = f"; {more} more signed the head, whose keys you have to know" if more else ""
    return f"leaf {said['leaf']} of {note.head.size}{seen}"


def _bytes(asked: Said | None, view: Said, claims: Said) -> str | None:
    if asked is None:
        return None
    _must(asked.keys() <= {"body", "edit", "context"}, "The pack holds more than was asked.")
    body, edit, context = asked["body"], asked.get("edit"), asked.get("context")
    _must(digest_bytes(body.encode()) == claims["req"]["dig"], "These are not the bytes that were asked.")
    eff = view["body"]
    _must((edit is None) == (eff == claims["req"]["dig"]), "An edit belongs to what was edited, and to nothing else.")
    _must(edit is None or digest_bytes(edit.encode()) == eff, "These are not the bytes that an owner made of it.")
    came = context is None or digest_bytes(context.encode()) == view["context"]
    _must(came, "This is not what came with the ask.")
    for text in (body, edit, context):
        plain = text is None or canonical.canonical(canonical.parse(text.encode())) == text.encode()
        _must(plain, "These bytes are not canonical.")
    return "what was asked" if edit is None else "what was asked, and what an owner made of it"


def _stated(claims: Said) -> list[dict[str, Any]]:
    reviews = claims.get("reviews")
    found = [review.get("stmt") for review in reviews if isinstance(review, dict)] if isinstance(reviews, list) else []
    return [stmt for stmt in found if isinstance(stmt, dict)]
