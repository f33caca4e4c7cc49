"""Gaps: asks that were denied because no checkpoint stopped them, or because nobody owned the one that did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min

from .. import access, policy
from ..models import Action, Policy

NO_CHECKPOINT, NO_OWNER = "no_checkpoint", "no_owner"
MOST = 200


@dataclass(frozen=True, slots=True)
class Gap:
    """Asks of one server, kind and name that nobody could decide."""

    server: str
    kind: str
    name: str
    reason: str
    checkpoint: str | None
    role: str | None
    count: int
    first_at: datetime
    last_at: datetime
    covered: bool


def read(*, at: datetime) -> list[Gap]:
    """Return the gaps, the latest first. The partial index on these reasons keeps this to the gaps alone."""
    found = (
        Action.objects.filter(reason__in=[NO_CHECKPOINT, NO_OWNER])
        .values("server_id", "server__name", "kind", "name", "reason", "checkpoint__name", "policy_id")
        .annotate(count=Count("pk"), first_at=Min("created_at"), last_at=Max("created_at"))
        .order_by("-last_at")[:MOST]
    )
    return [
        Gap(
            row["server__name"], row["kind"], row["name"], row["reason"], row["checkpoint__name"],
            row["role"], row["count"], row["first_at"], row["last_at"], row["covered"],
        )
        for row in _with_cover(list(found), at=at)
    ]  # fmt: skip


def _with_cover(found: list[dict[str, Any]], *, at: datetime) -> list[dict[str, Any]]:
    """Say of each gap whether such an ask would meet an owner now."""
    book = policy.book()
    revisions = Policy.objects.in_bulk({row["policy_id"] for row in found if row["policy_id"]})
    matches = [book.match(kind=row["kind"], name=row["name"], server_id=row["server_id"]) for row in found]
    owned = access.owners({match.checkpoint_id for match in matches if match}, at=at) if any(matches) else {}
    return [
        row
        | {
            "covered": bool(match and owned.get(match.checkpoint_id)),
            "role": revisions[row["policy_id"]].approval_role if row["policy_id"] else None,
        }
        for row, match in zip(found, matches, strict=True)
    ]
