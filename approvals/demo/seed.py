"""The demo's people, roles, servers, checkpoints and first asks. Safe to run again: what is there stays as it is."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import servers
from accounts.models import Server, User
from approvals import governed, intake, keys, mapfile, submission
from approvals.models import Finding

from . import samples

FILE = "demo.json"
ADMIN = "admin"
PEOPLE = ("alice", "bob", "carol", "mallory", ADMIN)
MAP = Path(__file__).with_name("map.yaml")


def prepare(*, at: datetime) -> Path:
    """Seed what is missing, and return the file that tells the demo's agent (and the terminal) how to get in."""
    file = Path(settings.VAR_DIR) / FILE
    known = json.loads(file.read_text()) if file.exists() else {}
    with transaction.atomic():
        password = known.get("password") or secrets.token_urlsafe(9)
        _people(password, fresh=not known)
        _map(at=at)
        told = {server.name: server for server in Server.objects.all()}
        token = known.get("token") if _works(known.get("token")) else servers.issue_token(server=told["shop"], at=at)
        submit_samples(servers_by_name=told, at=at)
    _write(
        file,
        {
            "url": settings.PUBLIC_URL,
            "token": token,
            "pin": keys.jwks(),
            "password": password,
            "people": list(PEOPLE),
        },
    )
    return file


def submit_samples(*, servers_by_name: dict[str, Server], at: datetime) -> None:
    """Submit the first asks, hostile ones among them.

    Their idempotency keys keep a second start from repeating them.
    """
    items = [
        intake.Item(server=_identity(servers_by_name[name]), key=f"demo-{number}", submission=submission.read(value))
        for number, (name, value) in enumerate(samples.asks())
    ]
    intake.submit_many(items=[item for item in items if not _noted(item)], at=at)


def _noted(item: intake.Item) -> bool:
    """Whether it is one of those that are refused for a secret, and was at an earlier start: that leaves no key."""
    rules = [hit.rule for hit in item.submission.secrets]
    return bool(rules) and Finding.objects.filter(server_id=item.server.id, about__in=rules).exists()


def _people(password: str, *, fresh: bool) -> None:
    """Make those who are missing. Whoever has one of these names and another mail address is not the demo's, and stays.

    With `fresh`, the file that told the password is gone, so the demo's people get the new one.
    """
    hashed = make_password(password)
    for name in PEOPLE:
        admin, mail = name == ADMIN, f"{name}@example.org"
        said = {"email": mail, "password": hashed, "is_staff": admin, "is_superuser": admin}
        person, new = User.objects.get_or_create(username=name, defaults=said)
        if not new and fresh and person.email == mail:
            User.objects.filter(pk=person.pk).update(password=hashed)


def _map(*, at: datetime) -> None:
    """Put in force what of the demo's map is not there. What is there stays, also when it was changed since."""
    for missing in mapfile.plan(MAP.read_bytes(), at=at):
        if missing.how == mapfile.CREATED:
            governed.kind(missing.about).put(
                governed.Confirmed(
                    subject=missing.subject, proposed=missing.proposed, author=None, confirmed_by=None, at=at
                )
            )


def _identity(server: Server) -> servers.Identity:
    return servers.Identity(id=server.pk, name=server.name, generation=server.generation)


def _works(token: str | None) -> bool:
    try:
        return bool(token) and servers.authenticate_token(token).name == "shop"
    except servers.Unauthenticated:
        return False


def _write(file: Path, told: dict[str, Any]) -> None:
    """Whole or not at all, and for the owner's eyes only."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        json.dump(told, out, indent=1)
    fresh.replace(file)
