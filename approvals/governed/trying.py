"""What would be, if: something is put in force, looked at, and taken back, all inside one transaction."""

import json
from collections.abc import Callable
from typing import Any

from django.db import transaction

from ..models import Change


def as_if[T](put: Callable[[], object], ask: Callable[[], T]) -> T:
    """Return the answer that would be given if this had been put in force. Nobody else ever sees it."""
    with transaction.atomic():
        put()
        answer = ask()
        transaction.set_rollback(True)
    return answer


def document(change: Change) -> dict[str, Any] | None:
    return None if change.proposed is None else json.loads(bytes(change.proposed))
