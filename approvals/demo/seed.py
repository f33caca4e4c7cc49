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

from accounts import roles, servers
from accounts.models import Server, User
from approvals import intake, keys, policy, submission
from approvals.models import Checkpoint
from approvals.rules import policies

from . import samples

FILE = "demo.json"
ADMIN = "admin"
PEOPLE = {
    "alice": ("payments-owner", "desk-owner"),
    "bob": ("payments-owner", "data-owner"),
    "carol": ("data-owner", "desk-owner"),
    "mallory": (),
    ADMIN: (),
}
CHECKPOINTS = (
    # name, kind, pattern, approvals needed, deadline in seconds, role of the approval duty
    ("shop/refund", "tool_call", "refund", 1, 3600, "payments-owner"),
    ("shop/payout", "tool_call", "payout", 2, 7200, "payments-owner"),
    ("deploy", "tool_call", "deploy.*", 2, 14400, "payments-owner"),
    ("desk/form", "elicitation_form", "*", 1, 3600, "desk-owner"),
    ("desk/link", "elicitation_url", "*", 1, 3600, "desk-owner"),
    ("data/sampling", "sampling", "*", 1, 7200, "data-owner"),
    ("data/sampling-result", "sampling_result", "*", 1, 7200, "data-owner"),
)
SERVERS = {
    "shop": "Web shop",
    "crm": "Customer records",
    "docs-search": "Search in documents",
    "deploy-bot": "Deployments",
}


def prepare(*, at: datetime) -> Path:
    """Seed what is missing, and return the file that tells the demo's agent (and the terminal) how to get in."""
    file = Path(settings.VAR_DIR) / FILE
    known = json.loads(file.read_text()) if file.exists() else {}
    with transaction.atomic():
        password = known.get("password") or secrets.token_urlsafe(9)
        _people(password, fresh=not known, at=at)
        told = {server.name: server for server in _servers(at=at)}
        _checkpoints(at=at)
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
    intake.submit_many(items=items, at=at)


def _people(password: str, *, fresh: bool, at: datetime) -> None:
    """Make those who are missing. Whoever has one of these names and another mail address is not the demo's, and stays.

    With `fresh`, the file that told the password is gone, so the demo's people get the new one.
    """
    hashed = make_password(password)
    for name, held in PEOPLE.items():
        admin, mail = name == ADMIN, f"{name}@example.org"
        said = {"email": mail, "password": hashed, "is_staff": admin, "is_superuser": admin}
        person, new = User.objects.get_or_create(username=name, defaults=said)
        if new:
            for role in held:
                roles.give(role=role, user=person, at=at)
        elif fresh and person.email == mail:
            User.objects.filter(pk=person.pk).update(password=hashed)


def _servers(*, at: datetime) -> list[Server]:
    return [
        Server.objects.filter(name=name).first() or servers.register(name=name, title=title, at=at)
        for name, title in SERVERS.items()
    ]


def _checkpoints(*, at: datetime) -> None:
    known = set(Checkpoint.objects.values_list("name", flat=True))
    for name, kind, pattern, need, seconds, role in CHECKPOINTS:
        if name not in known:
            rule = policies.Rule(
                checkpoint=name, kind=kind, pattern=pattern, deadline_seconds=seconds,
                needs=(policies.Need(role=role, count=need),), logging=("data-owner",), exceptions=("desk-owner",),
            )  # fmt: skip
            policy.publish(rule=rule, at=at)


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
