"""`manage.py sweep`: what the beat does every second, once and now."""

from datetime import UTC, datetime
from typing import Any

from accounts import servers
from approvals import answers, changes, deadlines, sequencing, tallying, vetting
from approvals.management.telling import TellingCommand
from approvals.queue import replies


class Command(TellingCommand):
    help = "Settles what nobody decided in time, and hands over the receipts that are owed."

    def act(self, **options: Any) -> tuple[dict[str, Any], str]:
        at = datetime.now(UTC)
        expired, _, _ = deadlines.sweep(at=at), deadlines.sweep_timers(at=at), servers.sweep(at=at)
        answers.sweep(at=at)
        changes.due(at=at)
        vetting.recheck(at=at)
        tallying.run(at=at)
        delivered = replies.hand_over()
        sequencing.run(at=at)
        return {"expired": expired, "delivered": delivered}, f"Expired: {expired}. Receipts handed over: {delivered}."
