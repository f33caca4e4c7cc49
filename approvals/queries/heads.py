"""The first rows of many checkpoints at once, each read from its own end of an index.

Ordering all rows of `checkpoint IN (…)` costs as much as there are rows. Taking the first few of each checkpoint and
ordering those costs as much as there are checkpoints, however many actions each has seen.
"""

import json
from collections.abc import Callable, Collection, Sequence

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ..models import Action
from .facets import Facets

# One statement for any number of checkpoints: they are one parameter, so it is short to send, to read and to plan.
# SQLite has no LATERAL; a table-valued function may look at what stands before it.
_HEADS = {
    "postgresql": "SELECT head.id FROM unnest(%s::bigint[]) AS place(value) CROSS JOIN LATERAL ({one}) AS head",
    "sqlite": """SELECT head.value FROM json_each(%s) AS place
                 CROSS JOIN json_each((SELECT json_group_array(one.id) FROM ({one}) AS one)) AS head""",
}
_PLACE = RawSQL("place.value", [])


def first(
    checkpoints: Collection[int], *, narrow: Callable[[QuerySet[Action]], QuerySet[Action]], key: str, size: int,
    beside: QuerySet[Action] | None = None,
) -> QuerySet[Action]:  # fmt: skip
    """Return actions among which the first `size` by `key` (`deadline_at`, or `-settled_at`) of all checkpoints are.

    `beside` are few more that may come from other checkpoints; they are narrowed too.
    """
    if not checkpoints and beside is None:
        return Action.objects.none()
    one, told = _compiled(narrow(Action.objects.filter(checkpoint_id=_PLACE)), key=key, size=size)
    heads = _HEADS[connection.vendor].format(one=one)
    places = sorted(checkpoints)
    told = [json.dumps(places) if connection.vendor == "sqlite" else places, *told]
    if beside is not None:
        extra, also = _compiled(narrow(beside), key=key, size=size)
        heads, told = f"{heads} UNION ALL SELECT * FROM ({extra}) AS extra", [*told, *also]  # noqa: S608
    return Action.objects.filter(pk__in=RawSQL(heads, told))  # noqa: S611 (compiled by the ORM, values as parameters)


def together(parts: Sequence[tuple[QuerySet[Action], int]], *, key: str) -> QuerySet[Action]:
    """Return the first so many of each of these, as one query without an order of its own."""
    texts, told = [], []
    for actions, size in parts:
        if not actions.query.is_empty():
            text, parameters = _compiled(actions, key=key, size=size)
            texts.append(f"SELECT * FROM ({text}) AS part")  # noqa: S608 (compiled by the ORM)
            told += parameters
    if not texts:
        return Action.objects.none()
    return Action.objects.filter(pk__in=RawSQL(" UNION ALL ".join(texts), told))  # noqa: S611 (as above)


def _compiled(actions: QuerySet[Action], *, key: str, size: int) -> tuple[str, list[object]]:
    statement, parameters = actions.order_by(*order(key)).values("id")[:size].query.sql_with_params()
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
