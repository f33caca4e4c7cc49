"""The first rows of many checkpoints at once, each read from its own end of an index.

Ordering all rows of `checkpoint IN (…)` costs as much as there are rows. Taking the first few of each checkpoint and
ordering those costs as much as there are checkpoints, however many actions each has seen.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ..models import Action
from .facets import Facets

type Narrow = Callable[[QuerySet[Action]], QuerySet[Action]]
type Question = tuple[str, Sequence[Any]]

# One statement for any number of checkpoints: they are one parameter, so it is short to send, to read and to plan.
# SQLite has no LATERAL; a table-valued function may look at what stands before it.
_HEADS = {
    "postgresql": "SELECT head.id FROM unnest(%s::bigint[]) AS place(value) CROSS JOIN LATERAL ({one}) AS head",
    "sqlite": """SELECT head.value FROM json_each(%s) AS place
                 CROSS JOIN json_each((SELECT json_group_array(one.id) FROM ({one}) AS one)) AS head""",
}
# The same with the moment by which they are ordered, so that nobody has to fetch the row to know it.
_MOMENTS = {
    "postgresql": """SELECT head.id, head.at FROM unnest(%s::bigint[]) AS place(value)
                     CROSS JOIN LATERAL ({one}) AS head""",
    "sqlite": """SELECT json_extract(head.value, '$[0]') AS id, json_extract(head.value, '$[1]') AS at
                 FROM json_each(%s) AS place CROSS JOIN json_each((
                        SELECT json_group_array(json_array(one.id, one.at)) FROM ({one}) AS one)) AS head""",
}
#: From so many checkpoints on, the soonest of all of them are read from one index instead; a condition that no index
#: knows is then asked of so many.
MANY, SOONEST = 500, 2_000
_PLACES = {"postgresql": "SELECT unnest(%s::bigint[])", "sqlite": "SELECT value FROM json_each(%s)"}
_PLACE = RawSQL("place.value", [])


def first(
    checkpoints: Collection[int], *, narrow: Narrow, key: str, size: int,
    beside: QuerySet[Action] | None = None,
) -> QuerySet[Action]:  # fmt: skip
    """Return actions among which the first `size` by `key` (`deadline_at`, or `-settled_at`) of all checkpoints are.

    `beside` are few more that may come from other checkpoints; they are narrowed too.
    """
    if not checkpoints and beside is None:
        return Action.objects.none()
    places: Any = json.dumps(sorted(checkpoints)) if connection.vendor == "sqlite" else sorted(checkpoints)
    if len(checkpoints) > MANY:
        theirs = Action.objects.filter(checkpoint_id__in=RawSQL(_PLACES[connection.vendor], [places]))  # noqa: S611
        heads, told = _compiled(narrow(theirs), key=key, size=size)
        heads = f"SELECT many.id FROM ({heads}) AS many"  # noqa: S608 (compiled by the ORM)
    else:
        one, told = _compiled(narrow(Action.objects.filter(checkpoint_id=_PLACE)), key=key, size=size)
        heads, told = _HEADS[connection.vendor].format(one=one), [places, *told]
    if beside is not None:
        extra, also = _compiled(narrow(beside), key=key, size=size)
        heads, told = f"{heads} UNION ALL SELECT * FROM ({extra}) AS extra", [*told, *also]  # noqa: S608
    return Action.objects.filter(pk__in=RawSQL(heads, told))  # noqa: S611 (compiled by the ORM, values as parameters)


@dataclass(frozen=True, slots=True)
class Heads:
    """The same as text, not yet asked: rows of `id` and `at`, and the parameters."""

    text: str
    told: list[Any]


def told(
    checkpoints: Collection[int], *, narrow: Narrow, key: str, size: int, beside: QuerySet[Action] | None = None,
    where: Question | None = None,
) -> Heads | None:  # fmt: skip
    """The first of each checkpoint (and of those beside) as `together` takes them; None when there can be none.

    `where` is a condition on `one.id`, asked of the first `size` of each checkpoint and of no others.
    """
    if not checkpoints and beside is None:
        return None
    vendor, column = connection.vendor, key.lstrip("-")
    places: Any = json.dumps(sorted(checkpoints)) if vendor == "sqlite" else sorted(checkpoints)
    if len(checkpoints) > MANY:
        theirs = Action.objects.filter(checkpoint_id__in=RawSQL(_PLACES[vendor], [places]))  # noqa: S611 (a parameter)
        one, params = _compiled(
            narrow(theirs), key=key, size=max(size, SOONEST if where else 0), columns=("id", column)
        )
        text, params = f"SELECT one.id AS id, one.{column} AS at FROM ({one}) AS one{_only(where)}", params  # noqa: S608
        return _with(Heads(text, [*params, *(where[1] if where else ())]), beside, narrow, key=key, size=size)
    one, params = _compiled(
        narrow(Action.objects.filter(checkpoint_id=_PLACE)), key=key, size=size, columns=("id", column)
    )
    one = f"SELECT one.id AS id, one.{column} AS at FROM ({one}) AS one{_only(where)}"  # noqa: S608 (compiled by the ORM)
    text = _MOMENTS[vendor].format(one=one)
    return _with(Heads(text, [places, *params, *(where[1] if where else ())]), beside, narrow, key=key, size=size)


def _only(where: Question | None) -> str:
    return f" WHERE {where[0]}" if where else ""


def _with(heads: Heads, beside: QuerySet[Action] | None, narrow: Narrow, *, key: str, size: int) -> Heads:
    if beside is None:
        return heads
    column = key.lstrip("-")
    extra, also = _compiled(narrow(beside), key=key, size=size, columns=("id", column))
    text = f"{heads.text} UNION SELECT extra.id, extra.{column} FROM ({extra}) AS extra"  # noqa: S608
    return Heads(text, [*heads.told, *also])


def together(parts: Sequence[tuple[Heads | None, int]], *, within: QuerySet[Action]) -> QuerySet[Action]:
    """Return the first so many of each of these, as one query without an order of its own."""
    known = [(heads, size) for heads, size in parts if heads]
    if not known:
        return within.none()
    texts = [
        f"SELECT part.id FROM (SELECT head.id FROM ({heads.text}) AS head"  # noqa: S608
        f" ORDER BY head.at, head.id LIMIT {int(size)}) AS part"
        for heads, size in known
    ]
    told = [value for heads, _ in known for value in heads.told]
    return within.filter(pk__in=RawSQL(" UNION ".join(texts), told))  # noqa: S611 (compiled by the ORM)


def _compiled(
    actions: QuerySet[Action], *, key: str, size: int, columns: Sequence[str] = ("id",)
) -> tuple[str, list[object]]:
    statement, parameters = actions.order_by(*order(key)).values(*columns)[:size].query.sql_with_params()
    return statement, list(parameters)


def order(key: str) -> tuple[str, str]:
    return key, "-id" if key.startswith("-") else "id"


def after(actions: QuerySet[Action], facets: Facets, *, key: str) -> QuerySet[Action]:
    """Only rows behind the cursor."""
    if facets.after is None:
        return actions
    column, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
    same = Q(**{column: facets.after.at, f"id__{side}": facets.after.id})
    return actions.filter(Q(**{f"{column}__{side}": facets.after.at}) | same)
