"""`manage.py decide ACTION_ID approve|deny --as USERNAME`: a person's verdict, for scripts and tests."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from approvals import reviews, standing, verdicts
from approvals.errors import NotFound, Refusal, Unopened
from approvals.management.telling import TellingCommand
from approvals.queries import page
from approvals.rules.rendering.values import EVERYTHING
from approvals.wire import rest


class UnknownPerson(Refusal):
    code = "unknown_person"
    message = "There is no active person of this name."


class Command(TellingCommand):
    help = "Records one person's verdict by the verb of the page: the same duties, quorum and receipt."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action_id")
        parser.add_argument("verdict", choices=verdicts.VERDICTS)
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME", help="who decides")
        parser.add_argument("--note", default="", help="what to say with it")
        parser.add_argument("--opened", dest="shown", metavar="SEEN", help="you read all that `show` printed as this")
        parser.add_argument("--valid-for", type=int, metavar="SECONDS", help="an approval ends after so long")

    def act(
        self, *, action_id: str, verdict: str, username: str, note: str, valid_for: int | None,
        shown: str | None = None, **options: Any,
    ) -> tuple[dict[str, Any], str]:  # fmt: skip
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise UnknownPerson()
        named, at = _action(action_id), datetime.now(UTC)
        unfolded = _unfolded(named, person, shown, at=at) if verdict == "approve" else 0
        reviews.record(
            action_id=named, reviewer=person, verdict=verdict, note=note, valid_seconds=valid_for, at=at, seen=shown,
            opened=unfolded,
        )  # fmt: skip
        now = rest.action(standing.read(action_id=named))
        said = {"action": now["id"], "state": now["state"], "decision": now["decision"]}
        return said, f"{now['id']} is {now['state']}."


def _unfolded(action_id: UUID, person: User, shown: str | None, *, at: datetime) -> int:
    """How many large values they opened: all, when they say what `show` printed; a yes without it is as on the page."""
    opened = frozenset({EVERYTHING} if shown else ())
    unseen, unfolded = page.looked_at(user=person, action_id=action_id, opened=opened, at=at)
    if unseen:
        raise Unopened("It has large values. Read them with `show`, then say --opened with what it prints `as seen`.")
    return unfolded


def _action(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
