"""`manage.py show ACTION_ID --as USERNAME`: an ask as its reviewer sees it, as text that no terminal takes for more."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from approvals import looking, settlement
from approvals.errors import NotFound
from approvals.management.commands.decide import UnknownPerson
from approvals.management.telling import TellingCommand
from approvals.queries import page as action_page
from approvals.queries.inbox import value_of
from approvals.rules.rendering import writing
from approvals.rules.rendering.values import EVERYTHING


class Command(TellingCommand):
    help = "Prints what a person sees of an ask: all of it, faithful, with hidden and doubtful characters named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("action_id")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME", help="who looks")

    def act(self, *, action_id: str, username: str, **options: Any) -> tuple[dict[str, Any], str]:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise UnknownPerson()
        at = datetime.now(UTC)
        page = action_page.read(user=person, action_id=_named(action_id), opened=frozenset({EVERYTHING}), at=at)
        seen = settlement.shown(page.action, policy=page.action.policy, edited=page.changed)
        if page.decides:
            looking.look(page.action, person=person, shown=seen, at=at)
        return _said(page, seen), _text(page, seen)


def _said(page: action_page.Page, seen: str) -> dict[str, Any]:
    action = page.action
    return {
        "action": str(action.pk), "kind": action.kind, "server": action.server.name, "state": action.state,
        "checkpoint": action.checkpoint.name if action.checkpoint else None, "dig": page.dig, "seen": seen,
        "hidden": page.hidden, "body": value_of(page.body), "context": value_of(action.context),
    }  # fmt: skip


def _text(page: action_page.Page, seen: str) -> str:
    action = page.action
    hidden = f"Hidden text in {page.hidden} of its values.\n" if page.hidden else ""
    return (
        f"{''.join(writing.words(part.pieces) for part in page.sentence)}\n"
        f"{action.kind}, {action.state}, until {action.deadline_at:%Y-%m-%d %H:%M:%S} UTC\n"
        f"digest  {page.dig}\nas seen {seen}\n{hidden}\n"
        f"What is asked\n\n{writing.write(value_of(page.body))}\n\n"
        f"Claimed by {writing.line(action.server.name)}, not checked\n\n{writing.write(value_of(action.context))}"
    )


def _named(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
