"""Bundles: asks that came as one result, each decided alone. Only of one server and session, and only what one may see.

A server may reuse a bundle's id, or put any number of asks under it: what is far apart in time is another bundle, and
of many only the first are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from ..models import Action
from ..rules import ids
from .facets import Desk

NEAR = timedelta(minutes=10)
MOST = 100  # siblings that a page counts
LISTED = 20  # siblings that it links
MOST_IN_LIST = 600  # siblings that all rows of a list count

type Key = tuple[int, str, str]
type Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sibling:
    id: UUID
    kind: str
    state: str
    place: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """`place` of this ask among `of`; `unseen` are not asked yet, or not this reader's to see."""

    place: int
    of: int
    siblings: list[Sibling]
    unseen: int


def read(desk: Desk, action: Action, context: dict[str, Any]) -> Bundle | None:
    """Return the bundle of an action, None when it stands alone; one query, and none without a bundle."""
    if not action.bundle:
        return None
    same = Action.objects.filter(
        checkpoint_id__in=desk.held, server_id=action.server_id, session=action.session, bundle=action.bundle,
        id__gte=ids.floor(action.created_at - NEAR), id__lte=ids.floor(action.created_at + NEAR),
    )  # fmt: skip
    rows = list(same.order_by("id").values_list("pk", "kind", "state")[:MOST])
    found = [Sibling(*row, place) for place, row in enumerate(rows, 1)]
    place = next((sibling.place for sibling in found if sibling.id == action.pk), MOST + 1)
    of = max(len(found), size(context), place)
    if of == 1:
        return None
    first = max(0, min(place - 1 - LISTED // 2, len(found) - LISTED))
    return Bundle(place, of, found[first : first + LISTED], of - len(found))


def places(desk: Desk, actions: Sequence[Action]) -> dict[UUID, Place]:
    """Return for each of these that has siblings its place, and how many they are; one query when any has a bundle."""
    bundled = [action for action in actions if action.bundle]
    if not bundled:
        return {}
    same = Action.objects.filter(
        server_id__in={a.server_id for a in bundled},
        session__in={a.session for a in bundled}, bundle__in={a.bundle for a in bundled},
    )  # fmt: skip
    siblings: dict[Key, list[UUID]] = defaultdict(list)
    columns = ("checkpoint_id", "server_id", "session", "bundle", "pk")
    for checkpoint, *key, pk in same.order_by("-id").values_list(*columns)[:MOST_IN_LIST]:
        if checkpoint in desk.held:  # asked of all rows here: ten thousand names are long to send and to plan
            siblings[tuple(key)].append(pk)
    return {action.pk: _place(action, siblings[key_of(action)]) for action in bundled}


def key_of(action: Action) -> Key:
    return action.server_id, action.session, action.bundle


def size(context: dict[str, Any]) -> int:
    """How many asks the server says there are (its reader bounds that)."""
    return (context.get("bundle") or {}).get("size", 1)


def _place(action: Action, siblings: Iterable[UUID]) -> Place:
    near = int(NEAR.total_seconds() * 1000)
    close = sorted(pk for pk in siblings if abs(ids.milliseconds(pk) - ids.milliseconds(action.pk)) <= near)
    return (close.index(action.pk) + 1 if action.pk in close else 0), len(close)
