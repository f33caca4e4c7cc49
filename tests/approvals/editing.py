"""Rules under which something may be changed before a yes, and people who change it."""

from approvals import reviews, settlement, spoken
from tests.publishing import publish

AMOUNT = {"type": "object", "properties": {"amount": {"type": "number", "maximum": 10_000}}}


def editable(*, at, edit=("/amount",), **said):
    """Publish a rule for refunds that lets these places be changed."""
    return publish(
        checkpoint="shop/refund", pattern="refund", edit=list(edit), **{"deadline_seconds": 600} | said, at=at
    )


def seen(action) -> str:
    """The digest of what a page shows of the action now."""
    newest = spoken.newest_edit(action.pk)
    return settlement.shown(action, policy=action.policy, edited=newest.dig if newest else "")


def edit(action, person, changes=None, *, at, **said):
    """Change it and say yes, as somebody who looks at it now."""
    said = {"verdict": "approve", "seen": seen(action)} | said
    wanted = {"/amount": 40} if changes is None else changes
    return reviews.record(action_id=action.pk, reviewer=person, changes=wanted, at=at, **said)


def approve(action, person, *, at, **said):
    return reviews.record(
        action_id=action.pk, reviewer=person, verdict="approve", at=at, **{"seen": seen(action)} | said
    )
