"""Secrets planted through every way in, then looked for in everything the console leaves behind.

`PLANTED=1000 pytest tests/journeys/test_planted_secrets.py` plants a thousand (`make secrets`). Half of them look like
nothing, so that only the seals keep them; the others the gate knows, and refuses before anything is stored.
"""

import asyncio
import base64
import io
import json
import logging
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import choice, token_urlsafe
from uuid import UUID

import pytest
import redis
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from approvals import settlement
from approvals.models import Action, Comment, Edit, Review
from config import logs
from tests.approvals import answering, editing
from tests.approvals.api.conftest import Door, client
from tests.approvals.queue.conftest import Shop, intake, key, queue  # noqa: F401
from tests.asks import ask

pytestmark = pytest.mark.django_db(transaction=True)

MOST = int(os.environ.get("PLANTED", "120"))
#: All secrets of a run hold these letters, so one search finds any of them; no word of ours does.
LETTERS = "abcdefghjkmnpqrstuvwxyz"
MARK = "".join(choice(LETTERS) for _ in range(4)) + "QxJ" + "".join(choice(LETTERS) for _ in range(5))


def secret() -> str:
    """Something that reads like nothing: no gate can know it for a secret."""
    return f"{''.join(choice(LETTERS) for _ in range(6))}{MARK}{''.join(choice(LETTERS) for _ in range(6))}"


def known_secret(number: int) -> str:
    """Something every gate knows."""
    tail = f"{MARK}{token_urlsafe(40)}".replace("-", "a").replace("_", "b")
    return [f"ghp_{tail[:36]}", f"glpat-{tail[:20]}", f"sk_live_{tail[:24]}"][number % 3]


def spellings(mark: str) -> list[bytes]:
    """How the mark may be spelled: as it is, in hexadecimal, in base64 at each of its three offsets."""
    found = [mark.encode(), mark.encode().hex().encode()]
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + mark.encode())
        found.append(whole[4 if shift else 0 : len(whole) - 4])
    return found


def planted_in(*places: bytes) -> list[bytes]:
    return [place[max(0, at.start() - 60) : at.end() + 60] for place in places for at in PATTERN.finditer(place)]


JWS = re.compile(rb"\b([\w-]{20,})\.([\w-]{20,})\.[\w-]{20,}")
PATTERN = re.compile(b"|".join(re.escape(each) for each in spellings(MARK)))


@pytest.fixture
def lines():
    """All that is logged, through the real formatter and at the finest level."""
    out, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(out), root.level
    handler.setFormatter(logs.Lines())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    debug = {name: logging.getLogger(name) for name in ("django.db.backends", "django.request", "placet")}
    before = {name: log.level for name, log in debug.items()}
    for log in debug.values():
        log.setLevel(logging.DEBUG)
    yield out
    root.removeHandler(handler)
    root.setLevel(level)
    for name, log in debug.items():
        log.setLevel(before[name])


@pytest.fixture
def people(db, now):
    from accounts import roles
    from accounts.models import User
    from tests.conftest import SINCE

    found = {name: User.objects.create_user(name, email=f"{name}@example.org") for name in ("alice", "logan", "dana")}
    roles.give(role="payments-owner", user=found["alice"], at=SINCE)
    roles.give(role="log-owner", user=found["logan"], at=SINCE)
    return found


@pytest.fixture
def places(people, now):
    editing.editable(at=now, edit=["/note"], roles={"approval": "payments-owner", "logging": "log-owner"})
    answering.checkpoints(at=now)


def call(**said) -> dict:
    arguments = {"order": "A1", "note": "as agreed", **said}
    mcp = {"revision": "2026-07-28", "method": "tools/call", "params": {"name": "refund", "arguments": arguments}}
    return ask(mcp=mcp)


async def over_rest(token: str, count: int) -> list[UUID]:
    """Plant in arguments, in claims and in signals; every fifth is a secret that the gate knows."""
    found, many = [], asyncio.Semaphore(16)

    async def one(door: Door, number: int) -> None:
        async with many:
            if number % 5 == 4:
                answer = await door.submit(call(note=known_secret(number)), key=f"r{number}")
                assert answer.status_code == 422, answer.text
                assert MARK not in answer.text, "a refusal does not repeat it"
                return
            value = call(deep=[{"x": secret()}]) | {"claims": {"title": secret()}, "signals": {"s": secret()}}
            answer = await door.submit(value, key=f"r{number}")
            assert answer.status_code == 201, answer.text
            assert MARK not in answer.text
            found.append(UUID(answer.json()["id"]))

    async with client(token) as opened:
        door = Door(opened)
        await asyncio.gather(*(one(door, number) for number in range(count)))
        broken = await door.submit_raw(b'{"kind": "tool_call", "' + secret().encode() + b'": ', key="broken")
        assert broken.status_code == 422
        assert MARK not in broken.text
    return found


def over_the_queue(shop: Shop, source, count: int) -> None:
    from approvals.queue import reader

    sent = [shop.sealed(call(note=known_secret(n) if n % 5 == 4 else secret()), key=f"q{n}") for n in range(count)]
    shop.send(*sent)
    while shop.waiting():
        reader.turn(source)


def by_people(people, actions: list[UUID]) -> None:
    """Comments, edits, notes of a yes, all through the pages' forms; what the gate knows is refused there too."""
    browser = Client()
    browser.force_login(people["alice"])
    for number, action_id in enumerate(actions):
        action = Action.objects.get(pk=action_id)
        address, kind = (lambda name, pk=action_id: reverse(name, args=[pk])), number % 3
        seen = settlement.shown(action, policy=action.policy)
        if kind == 0:
            assert browser.post(address("comment"), {"text": f"see {secret()}"}).status_code == 302
            refused = browser.post(address("comment"), {"text": known_secret(number)})
            assert refused.status_code == 422
        elif kind == 1:
            editing.edit(action, people["alice"], {"/note": secret()}, at=datetime.now(UTC))
        else:
            said = {"verdict": "deny", "seen": seen, "reason": "other", "note": known_secret(number)}
            browser.post(address("decide"), said)
            assert not Review.objects.filter(action_id=action_id).exists()


async def answered(token: str, people, count: int) -> None:
    """Questions that carry a secret and are answered with one."""
    from asgiref.sync import sync_to_async

    from approvals import answers, reviews

    async with client(token) as opened:
        for number in range(count):
            value = answering.form({**answering.FORM, "message": f"Which of {secret()}?"})
            made = await Door(opened).submit(value, key=f"a{number}")
            assert made.status_code == 201, made.text
            named, at = UUID(made.json()["id"]), datetime.now(UTC)
            await sync_to_async(reviews.record)(action_id=named, reviewer=people["alice"], verdict="approve", at=at)
            content = {"name": secret()[:20], "count": 3}
            await sync_to_async(answers.give)(
                action_id=named, person=people["dana"], said="accept", content=content, at=datetime.now(UTC)
            )


def dump() -> bytes:
    """All rows of all tables as they are stored, and on SQLite the very files."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                found += [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
    if connection.vendor == "sqlite":
        file = Path(connection.settings_dict["NAME"])
        found += [each.read_bytes() for each in file.parent.glob(f"{file.name}*")]
    return b"\n".join([*found, *map(unwrapped, found)])


def unwrapped(value: bytes) -> bytes:
    """What receipts and other signed statements say."""
    parts = [part for found in JWS.finditer(value) for part in found.groups()]
    return b"\n".join(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in parts if len(part) % 4 != 1)


def brokered(url: str) -> bytes:
    """All that Valkey holds, but for the reply queues: an edit travels to its server in them."""
    found = []
    with redis.Redis.from_url(url) as store:
        for name in store.scan_iter():
            kind = store.type(name)
            if name.startswith(b"placet.receipts."):
                continue
            found.append(name)
            if kind == b"stream":
                found += [repr(fields).encode() for _, fields in store.xrange(name)]
            elif kind == b"zset":
                found += store.zrange(name, 0, -1)
            else:
                found.append(store.dump(name) or b"")
    return b"\n".join(found)


def exported(people) -> bytes:
    """What may be taken away: the log's export, the ledger's, the map."""
    browser = Client()
    browser.force_login(people["logan"])
    since = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    found = []
    for form in ("csv", "jsonl", "json"):
        answer = browser.get(reverse("log_export"), {"format": form, "since": since})
        found.append(b"".join(answer.streaming_content) if answer.streaming else answer.content)
    return b"\n".join(found)


def crashed(people, lines: io.StringIO, monkeypatch) -> bytes:
    """Pages and calls that fail over a payload: what they answer."""
    from approvals.queries import page

    def fail(*args, **kwargs):
        kept = secret()
        raise ValueError(f"cannot lay out {kept}")

    monkeypatch.setattr(page, "lay_out", fail)
    browser = Client(raise_request_exception=False)
    browser.force_login(people["alice"])
    answer = browser.get(reverse("action", args=[Action.objects.first().pk]), {"open": secret()})
    assert answer.status_code == 500
    assert "exception" in lines.getvalue()
    return answer.content


def test_no_planted_secret_is_found_anywhere(
    lines, people, places, shop, queue, intake, valkey, now, monkeypatch  # noqa: F811
):  # fmt: skip
    from accounts import servers

    token = servers.issue_token(server=shop, at=now)
    rest = asyncio.run(over_rest(token, MOST * 5 // 10))
    over_the_queue(queue, intake, MOST * 3 // 10)
    by_people(people, rest[: MOST // 10])
    asyncio.run(answered(token, people, MOST // 20))

    assert Edit.objects.exists()
    assert Comment.objects.exists()
    assert planted_in(Action.objects.order_by("id").first().body), "they are there for who may read them"
    assert planted_in(dump()) == []
    assert planted_in(brokered(valkey)) == []
    assert planted_in(exported(people)) == []
    assert planted_in(crashed(people, lines, monkeypatch)) == []
    assert planted_in(lines.getvalue().encode()) == []
    assert planted_in(*(str(each.message()).encode() for each in getattr(mail, "outbox", []))) == []
    assert planted_in(*(file.read_bytes() for file in Path(settings.VAR_DIR).rglob("*.log"))) == []
    assert json.loads(lines.getvalue().splitlines()[0])["at"]


@pytest.mark.parametrize("where", ["subject", "session", "name", "note"])
def test_what_is_plain_by_decision_is_found_so_the_search_can_find(shop, people, now, where):
    """These are searched, or travel in a receipt; docs/secrets.md lists them."""
    from approvals import reviews
    from tests.asks import submit
    from tests.publishing import publish

    publish(checkpoint="shop/all", pattern="*", deadline_seconds=600, at=now)
    value = ask(tool=secret()) if where == "name" else ask(**({} if where == "note" else {where: secret()}))
    action = submit(shop, value, at=now).action
    if where == "note":
        told = {"verdict": "deny", "note": secret(), "at": now}
        reviews.record(action_id=action.pk, reviewer=people["alice"], **told)
    assert planted_in(dump())
