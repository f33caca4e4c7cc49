"""The demo's people, roles, servers, checkpoints and first asks. Safe to run again: what is there stays as it is."""

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts import servers
from accounts.models import Server, User
from approvals import intake, keys, reviews, sightings, submission
from approvals.models import Action, Finding, State

from . import company, samples

FILE = "demo.json"
MAP = Path(__file__).with_name("map.yaml")
BEGAN = timedelta(days=23)  # before the first start: the map is that old, and two days later people began to ask
GAP = timedelta(minutes=3)  # between two of the first asks; the last came just now


def prepare(*, at: datetime) -> Path:
    """Seed what is missing, and return the file that tells the demo's agent (and the terminal) how to get in."""
    file = Path(settings.VAR_DIR) / FILE
    known = json.loads(file.read_text()) if file.exists() else {}
    with transaction.atomic():
        password = known.get("password") or secrets.token_urlsafe(9)
        company.people(password, fresh=not known)
        told = _founded(at=at)
        token = known.get("token") if _works(known.get("token")) else servers.issue_token(server=told["shop"], at=at)
        submit_samples(servers_by_name=told, at=at)
    _write(
        file,
        {
            "url": settings.PUBLIC_URL,
            "token": token,
            "pin": keys.jwks(),
            "password": password,
            "people": list(company.FIRST),
        },
    )
    return file


def submit_samples(*, servers_by_name: dict[str, Server], at: datetime) -> None:
    """Submit the first asks, hostile ones among them; again on another day, when none of them waits any more.

    Their idempotency keys keep a second start from repeating them.
    """
    if Action.objects.filter(state=State.PENDING, idempotency_key__startswith="demo-").exists():
        return
    day, every = f"demo-{at.date()}", list(samples.asks())
    for number, (name, value) in enumerate(every):
        item = _item(servers_by_name[name], f"{day}-{number}", value)
        if not _noted(item):
            intake.submit_many(items=[item], at=at - GAP * (len(every) - number - 1))
    _follow(servers_by_name, day=day, at=at)


def _founded(*, at: datetime) -> dict[str, Server]:
    """Put the map in force; at the first start three weeks ago, with what happened to it since."""
    began = at - BEGAN
    new = not Server.objects.exists()
    company.put_map(MAP.read_bytes(), at=began if new else at)
    told = {server.name: server for server in Server.objects.all()}
    if new:
        for server, names in samples.TOOLS.items():
            sightings.listed(server=_identity(told[server]), names=names, at=began)
        for server in told.values():
            servers.issue_token(server=server, at=began)  # shown to nobody: these servers ask by themselves no more
        company.change_the_rule(at=began + timedelta(days=1))
        company.go_away(at=at - timedelta(days=3))
        company.ask_for_a_change(at=at - timedelta(hours=2))
    return told


def _follow(told: dict[str, Server], *, day: str, at: datetime) -> None:
    """What follows from a yes: an answer of the model that waits for its own, and a question to one of the people."""
    carol, leo = (User.objects.get(username=name) for name in ("carol", "leo"))
    first = _asked(told["docs-search"], f"{day}-sampling", samples.answered_sampling(), at=at - 3 * GAP)
    if first:
        reviews.record(action_id=first, reviewer=carol, verdict="approve", at=at - 2 * GAP)
        _asked(told["docs-search"], f"{day}-result", samples.sampling_result(first), at=at - GAP)
    question = _asked(told["crm"], f"{day}-question", samples.question(), at=at - GAP)
    if question:
        reviews.record(action_id=question, reviewer=leo, verdict="approve", at=at)


def _asked(server: Server, key: str, value: samples.Ask, *, at: datetime) -> UUID | None:
    """The action, if it is new."""
    (answer,) = intake.submit_many(items=[_item(server, key, value)], at=at)
    return answer.action.pk if isinstance(answer, intake.Admitted) and answer.new else None


def _item(server: Server, key: str, value: samples.Ask) -> intake.Item:
    return intake.Item(server=_identity(server), key=key, submission=submission.read(value))


def _noted(item: intake.Item) -> bool:
    """Whether it is one of those that are refused for a secret, and was at an earlier start: that leaves no key."""
    rules = [hit.rule for hit in item.submission.secrets]
    return bool(rules) and Finding.objects.filter(server_id=item.server.id, about__in=rules).exists()


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
