"""The verb: admit a batch in one transaction, and try again where it took too much for granted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from ..errors import TooMany
from ..models import Action
from .batch import Batch, Unsure
from .floods import floods
from .items import Admitted, Answer, Item, Known

__all__ = ["Admitted", "Answer", "Item", "submit_many"]

TRIES = 3


def submit_many(*, items: Sequence[Item], at: datetime) -> list[Answer]:
    """Admit the items in one transaction; the answers stand in the items' order. What this returns is durable.

    That all keys are new is taken for granted; where one is not, or two processes bring one at the same instant, the
    unique constraint says so, and the batch is tried again after a look at what these keys brought before. The same
    goes for two who take the same use of a grant: the last try takes none, and people decide.
    """
    answers: list[Answer | None] = [floods.refusal(item.server.id, at=at) for item in items]
    looked_at = [place for place, answer in enumerate(answers) if answer is None]
    if looked_at:
        found = _submit([items[place] for place in looked_at], at=at)
        for place, answer in zip(looked_at, found, strict=True):
            answers[place] = answer
            if isinstance(answer, TooMany):
                floods.told(items[place].server.id, answer, at=at)
    return answers


def _submit(items: Sequence[Item], *, at: datetime) -> list[Answer]:
    known: Known | None = {}
    for _ in range(TRIES - 1):
        try:
            return _admit(items, known=known, at=at)
        except (IntegrityError, Unsure):
            known = None
    return _admit(items, known=None, at=at, grants=False)


@transaction.atomic
def _admit(items: Sequence[Item], *, known: Known | None, at: datetime, grants: bool = True) -> list[Answer]:
    batch = Batch(items, known=_known(items) if known is None else known, sure=known is None, at=at, grants=grants)
    answers = batch.answers()
    batch.write()
    return answers if not batch.receipts else [batch.with_receipt(answer) for answer in answers]


def _known(items: Sequence[Item]) -> Known:
    """Return what these keys brought before. Filtered by server and key apart, then paired: one index, any batch."""
    found = Action.objects.filter(
        server_id__in={i.server.id for i in items}, idempotency_key__in={i.key for i in items}
    ).defer("body", "context")
    return {(row.server_id, row.idempotency_key): row for row in found}
