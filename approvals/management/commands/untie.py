"""`manage.py untie NAME`: forgets what the provider of single sign-on calls this person. For operators."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from approvals import welcoming
from approvals.management.telling import TellingCommand


class Command(TellingCommand):
    help = "Unties somebody from single sign-on: the next identity that the provider names for them takes its place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the person's username")

    def act(self, *, name: str, **options: Any) -> tuple[dict[str, Any], str]:
        welcoming.untie(username=name, by=None, at=datetime.now(UTC))
        return {"person": name}, f"{name} is tied to nobody, and signed out."
