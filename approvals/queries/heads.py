"""The first rows of many checkpoints at once, each read from its own end of an index.

Ordering all rows of `checkpoint IN (…)` costs as much as there are rows. Taking the first few of each checkpoint and
ordering those costs as much as there are checkpoints, however many actions each has seen.
"""

from collections.abc import Callable, Collection, Sequence

from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from ..models import Action
from .facets import Facets

MOST = 400  # checkpoints read one by one; SQLite joins at most 500 selects
_ANY = -1  # stands for a checkpoint's id in the compiled statement


def first(
    checkpoints: Collection[int], *, narrow: Callable[[QuerySet[Action]], QuerySet[Action]], key: str, size: int,
    beside: QuerySet[Action] | None = None,
) -> QuerySet[Action]:  # fmt: skip
    """Return actions among which the first `size` by `key` (`deadline_at`, or `-settled_at`) of all checkpoints are.

    `beside` are few more that may come from other checkpoints; they are narrowed too.
    """
    extra = narrow(beside).order_by(*order(key)).values("pk")[:size] if beside is not None else None
    if len(checkpoints) > MOST:
        parts = [narrow(Action.objects.filter(checkpoint_id__in=checkpoints)).order_by(*order(key)).values("pk")[:size]]
        return _whole([part.query.sql_with_params() for part in [*parts, extra] if part is not None])
    one = narrow(Action.objects.filter(checkpoint_id=_ANY)).order_by(*order(key)).values("pk")[:size]
    statement, parameters = one.query.sql_with_params()
    heads = [(statement, [c if p == _ANY else p for p in parameters]) for c in checkpoints]
    return _whole([*heads, *([extra.query.sql_with_params()] if extra is not None else [])])


def _whole(parts: Sequence[tuple[str, Sequence[object]]]) -> QuerySet[Action]:
    if not parts:
        return Action.objects.none()
    heads = " UNION ALL ".join(f"SELECT * FROM ({statement}) AS head{n}" for n, (statement, _) in enumerate(parts))  # noqa: S608
    told = [parameter for _, parameters in parts for parameter in parameters]
    return Action.objects.filter(pk__in=RawSQL(heads, told))  # noqa: S611 (compiled by the ORM, values as parameters)


def order(key: str) -> tuple[str, str]:
    return key, "-id" if key.startswith("-") else "id"


def after(actions: QuerySet[Action], facets: Facets, *, key: str) -> QuerySet[Action]:
    """Only rows behind the cursor."""
    if facets.after is None:
        return actions
    column, side = key.lstrip("-"), "lt" if key.startswith("-") else "gt"
    same = Q(**{column: facets.after.at, f"id__{side}": facets.after.id})
    return actions.filter(Q(**{f"{column}__{side}": facets.after.at}) | same)
