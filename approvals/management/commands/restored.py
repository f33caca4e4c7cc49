"""`manage.py restored`: say that the database came from a backup, before anybody uses it again."""

from datetime import UTC, datetime
from typing import Any

from approvals import restoring
from approvals.management.commands.keys import login
from approvals.management.telling import TellingCommand


class Command(TellingCommand):
    help = "After a restore: counts open approvals as used, revokes grants, ends sessions, and writes that down."

    def act(self, **options: Any) -> tuple[dict[str, Any], str]:
        ended = restoring.end(by=f"operator:{login()}", at=datetime.now(UTC))
        said = {"approvals": ended.approvals, "grants": ended.grants, "sessions": ended.sessions}
        said |= {"waiting": ended.waiting}
        return said, (
            f"{ended.approvals} approvals count as used, {ended.grants} grants are revoked, {ended.sessions} sessions "
            "ended. Look at tokens, passkeys and roles yourself: what was revoked since the backup is back. "
            f"{ended.waiting} asks and questions wait, some perhaps again: what was decided since the backup may be "
            "decided a second time. Tell their owners, or let them expire before you let people in."
        )
