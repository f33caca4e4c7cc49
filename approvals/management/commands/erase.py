"""`manage.py erase`: erases payloads for good. Without `--yes` it says what it would erase."""

from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any, override
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Server
from approvals import erasing
from approvals.errors import NotFound, TextMissing
from approvals.management.telling import TellingCommand
from approvals.models import Action

OPERATOR = "operator"


class Command(TellingCommand):
    help = "Erases the payloads of decided actions: what was asked, edited, answered and commented. Digests stay."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action", nargs="*", type=UUID, help="ids of actions")
        parser.add_argument("--server", help="all of this server")
        parser.add_argument("--older-than", type=int, metavar="DAYS", help="decided more than so many days ago")
        parser.add_argument("--reason", default="", help="why; it stays on record")
        parser.add_argument("--yes", action="store_true", help="do it")

    @override
    def act(self, *, reason: str, yes: bool, **options: Any) -> tuple[dict[str, Any], str]:
        at = datetime.now(UTC)
        wanted = _wanted(at=at, **options)
        if not yes:
            count = erasing.left(wanted=wanted, at=at)
            return {"would_erase": count}, f"Would erase the payloads of {count}. Nothing was erased: add --yes."
        done = 0
        while found := erasing.erase_many(wanted=wanted, actor=OPERATOR, reason=reason, at=at):
            done += found
        erasing.scrub()
        return {"erased": done}, f"Erased the payloads of {done}. Their digests, verdicts and receipts are still here."


def _wanted(
    *, at: datetime, action: list[UUID], server: str | None, older_than: int | None, **_: Any
) -> QuerySet[Action]:
    if not action and not server and older_than is None:
        raise TextMissing("Say what to erase: ids, --server or --older-than.")
    wanted = Action.objects.filter(pk__in=action) if action else Action.objects.all()
    if server:
        if not Server.objects.filter(name=server).exists():
            raise NotFound("There is no such server.")
        wanted = wanted.filter(server__name=server)
    return wanted if older_than is None else wanted.filter(settled_at__lte=at - timedelta(days=older_than))
