"""The ledger as people read it: its newest head, its lines as far as they are theirs to see, one line with its proof.

Lines of an action are for whoever logs its checkpoint; one of them also for whoever may see that action. Lines of no
action (rules, roles, servers, keys) are for admins, who make such changes. Heads are for anybody.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q, QuerySet
from placet import jws
from placet.tlog import entries as leaves
from placet.tlog import tree as merkle

from accounts.models import User

from .. import access
from ..errors import NotFound
from ..models import Cosignature, Duty, Entry
from . import tree

SIZE = 50  # lines of a page
SEARCHED = 20_000  # lines that one page looks through
MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader narrows the lines to, as it stands in the address."""

    search: str = ""
    event: str = ""
    before: int | None = None

    @classmethod
    def read(cls, query: dict[str, str]) -> "Wanted":
        event, before = query.get("event", ""), query.get("before", "")
        return cls(
            query.get("q", "").replace("\0", "").strip()[:160],
            event if re.fullmatch(r"[a-z_]{1,20}(\.[a-z_]{1,20}){0,2}", event) else "",
            int(before) if re.fullmatch("[0-9]{1,18}", before) else None,
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.search or self.event)

    @property
    def action(self) -> UUID | None:
        try:
            return UUID(self.search)
        except ValueError:
            return None

    @property
    def newest(self) -> str:
        """The address of the same from the newest line on."""
        return self.address(before=None)

    def address(self, *, before: int | None) -> str:
        said = {"q": self.search, "event": self.event, "before": before or ""}
        return "?" + urlencode({name: value for name, value in said.items() if value})

    def narrow(self, found: QuerySet[Entry]) -> QuerySet[Entry]:
        if self.event:
            found = found.filter(event=self.event)
        if self.action:
            return found.filter(action_id=self.action)
        if not self.search:
            return found
        names = {self.search, f"user:{self.search}", f"urn:placet:server:{self.search}"}
        return found.filter(actor__in=names)


@dataclass(frozen=True, slots=True)
class Book:
    """A page of lines, the newest first. `searched` is the number down to which was looked; `next` an address."""

    wanted: Wanted
    head: tree.Head | None
    size: int
    witnesses: list[Cosignature]
    lines: list[Entry]
    next: str
    searched: int | None
    admin: bool
    logs: bool

    @property
    def unsigned(self) -> int:
        """How many leaves came since the head was signed."""
        return self.size - self.head.size if self.head else self.size


@dataclass(frozen=True, slots=True)
class Step:
    """One hash of a proof: on which side it stands, of which leaves it is (the last one included), what both make."""

    left: bool
    first: int
    last: int
    hash: bytes
    together: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, and (once it has a leaf) what it says as one, with the way to the newest head's root."""

    entry: Entry
    leaf: int | None
    hash: bytes | None
    said: dict[str, Any] | None
    head: tree.Head | None
    steps: list[Step]
    broken: bool
    sees_action: bool

    @property
    def proven(self) -> bool:
        """Whether the way leads to the root that was signed."""
        return not self.broken and self.hash is not None and self.head is not None


def read(*, user: User, wanted: Wanted, at: datetime) -> Book | None:
    """Read one page; None for somebody who logs nothing and is no admin."""
    admin, mine = access.is_admin(user), _logged(user, at=at)
    if not admin and not mine:
        return None
    head = tree.newest()
    found, floor = _lines(wanted, mine, admin=admin)
    following, searched = "", None
    if len(found) > SIZE:
        following = wanted.address(before=found[SIZE - 1].pk)
    elif floor > 1:
        following, searched = wanted.address(before=floor), floor
    return Book(
        wanted, head, tree.size(), _witnesses(head), found[:SIZE], following, searched, admin, bool(mine)
    )  # fmt: skip


def entry(*, user: User, number: int, at: datetime) -> Line:
    """Read one line with its proof; NotFound when there is none that this person may see."""
    kept = Entry.objects.select_related("action__policy__checkpoint", "action__server", "leaf")
    found = kept.defer("action__body", "action__context").filter(pk=number).first() if number <= MOST else None
    if found is None:
        raise NotFound()
    sees = found.action is not None and _sees(user, found, at=at)
    if not (sees or _is_theirs(user, found, at=at)):
        raise NotFound()
    leaf = getattr(found, "leaf", None)
    if leaf is None:
        return Line(found, None, None, None, None, [], broken=False, sees_action=sees)
    said = tree.said([leaf.number, found.at, found.event, found.actor, found.action_id, found.dig])
    return _proven(found, leaf.number, bytes(leaf.hash), said, sees_action=sees)


def export(*, user: User, form: str, issuer: str, at: datetime) -> tuple[int, Iterator[bytes]] | None:
    """The lines up to the newest head, those that are theirs whole, and how many there are; None for who has none."""
    admin, mine, head = access.is_admin(user), _logged(user, at=at), tree.newest()
    if not (admin or mine) or head is None:
        return None

    def shown(of_action: bool, checkpoint: int | None) -> bool:
        return checkpoint in mine if of_action else admin

    return head.size, tree.lines(until=head.size, form=form, issuer=issuer, shown=shown)


def proof(line: Line) -> dict[str, Any] | None:
    """What the console answers as a proof of this line (see `placet.tlog.proofs`); None while no head has it."""
    if not line.proven or line.head is None:
        return None
    return {
        "inclusion": {"entry": line.said, "hashes": [jws.encode(step.hash).decode() for step in line.steps]},
        "head": {"size": line.head.size, "root": jws.encode(line.head.root).decode(), "note": line.head.note.decode()},
    }


def _logged(user: User, *, at: datetime) -> set[int]:
    return {checkpoint for checkpoint, duties in access.duties(user, at=at).items() if Duty.LOGGING in duties}


def _lines(wanted: Wanted, mine: Collection[int], *, admin: bool) -> tuple[list[Entry], int]:
    """Lines before a number, one more than a page has, and the number down to which was looked.

    What is narrowed to an action has an index. All else is looked for among so many lines: where few are theirs, the
    whole ledger would have to be read for one page.
    """
    theirs = Q(action__checkpoint_id__in=mine) | (Q(action=None) if admin else Q(pk__in=()))
    found = wanted.narrow(Entry.objects.filter(theirs)).select_related("leaf", "action")
    found = found.defer("action__body", "action__context")
    floor = 1
    if not wanted.action:
        newest = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        before = min(wanted.before or newest + 1, newest + 1)
        floor = max(1, before - SEARCHED)
        found = found.filter(pk__lt=before, pk__gte=floor)
    elif wanted.before:
        found = found.filter(pk__lt=wanted.before)
    return list(found.order_by("-pk")[: SIZE + 1]), floor


def _witnesses(head: tree.Head | None) -> list[Cosignature]:
    return list(Cosignature.objects.filter(head_id=head.size).order_by("witness")) if head else []


def _sees(user: User, found: Entry, *, at: datetime) -> bool:
    return access.rights(users=[user], action_ids=[found.action_id], at=at).sees(user, found.action)


def _is_theirs(user: User, found: Entry, *, at: datetime) -> bool:
    if found.action is None:
        return access.is_admin(user)
    return found.action.checkpoint_id in _logged(user, at=at)


def _proven(found: Entry, leaf: int, hashed: bytes, said: dict[str, Any], *, sees_action: bool) -> Line:
    """With the proof in the newest head; `broken` when the line does not lead to the root that was signed."""
    head = tree.newest()
    whole = Line(found, leaf, hashed, said, None, [], leaves.hash_of(said) != hashed, sees_action)
    if head is None or leaf >= head.size:
        return whole
    try:
        steps = _climbed(leaf, head.size, hashed)
    except tree.BrokenLedger:
        return replace(whole, head=head, broken=True)
    root = steps[-1].together if steps else hashed
    return replace(whole, head=head, steps=steps, broken=whole.broken or root != head.root)


def _climbed(leaf: int, size: int, hashed: bytes) -> list[Step]:
    spans, hashes = merkle.inclusion(leaf, size), tree.inclusion(leaf=leaf, size=size)
    steps, here = [], hashed
    for (start, end), other in zip(spans, hashes, strict=True):
        left = start < leaf
        here = merkle.node_hash(other, here) if left else merkle.node_hash(here, other)
        steps.append(Step(left, start, end - 1, other, here))
    return steps
