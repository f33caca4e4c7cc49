"""`manage.py invite NAME`: a link with which this person sets a password. For operators: also for who holds a role."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from approvals import welcoming
from approvals.management.telling import TellingCommand


class Command(TellingCommand):
    help = "Makes a link with which somebody sets their password, once, within three days."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="the person's username")

    def act(self, *, name: str, **options: Any) -> tuple[dict[str, Any], str]:
        token = welcoming.invite(username=name, by=None, at=datetime.now(UTC))
        link = f"{settings.PUBLIC_URL}{reverse('invitation', args=[token])}"
        return {"person": name, "link": link}, f"Hand this to {name} alone; it works once: {link}"
