"""The socket of an open page says that something happened, to those who may see it, and nothing else."""

import asyncio
import json
from datetime import UTC, datetime

import pytest
import redis
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from accounts import roles, signins
from approvals import consumers, handovers, hub, reviews
from config.asgi import application
from tests.asks import submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db(transaction=True)


def session_of(client, who) -> bytes:
    client.force_login(who)
    return f"placet_session={client.cookies['placet_session'].value}".encode()


async def connect(cookie: bytes = b"", *, origin: bytes = b""):
    headers = [(b"cookie", cookie), (b"origin", origin or settings.PUBLIC_URL.encode()), (b"host", b"127.0.0.1")]
    socket = WebsocketCommunicator(application, "/ws/inbox", headers=headers)
    accepted, code = await socket.connect(timeout=5)
    return socket, accepted, code


async def open_socket(cookie: bytes):
    socket, accepted, _ = await connect(cookie)
    assert accepted
    assert await socket.receive_json_from(timeout=5) == {"event": "all"}
    await asyncio.wait_for(_listening(), 5)
    return socket


async def _listening():
    await hub.started()
    while not hub.here().connected:
        await asyncio.sleep(0.01)


def arrive(shop):
    return submit(shop, at=datetime.now(UTC).replace(microsecond=0)).action


async def test_an_owner_hears_that_an_ask_arrived_and_not_what(client, valkey, refund, alice, bob, shop):
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    action = await sync_to_async(arrive)(shop)
    assert await socket.receive_json_from(timeout=5) == {"event": "asked", "actions": [str(action.pk)]}
    await socket.disconnect()


async def test_who_may_not_see_an_ask_hears_nothing_of_it(client, valkey, refund, alice, bob, carol, shop):
    socket = await open_socket(await sync_to_async(session_of)(client, carol))
    await sync_to_async(arrive)(shop)
    assert await socket.receive_nothing(timeout=0.5)
    await socket.disconnect()


async def test_without_a_session_the_socket_closes(valkey):
    socket, accepted, _ = await connect()
    assert accepted
    assert (await socket.receive_output(timeout=5)) == {"type": "websocket.close", "code": consumers.SIGNED_OUT}


async def test_without_the_database_the_socket_closes_until_it_is_back(client, valkey, refund, alice, monkeypatch):
    """Nobody could say whose it is; a socket that nobody looks after would stay open when the session ends."""

    def away(_wrapper):
        raise OperationalError("gone")

    cookie = await sync_to_async(session_of)(client, alice)
    monkeypatch.setattr(consumers, "RECHECK", 0.1)
    socket = await open_socket(cookie)
    with monkeypatch.context() as broken:
        broken.setattr(BaseDatabaseWrapper, "ensure_connection", away)
        assert (await socket.receive_output(timeout=5)) == {"type": "websocket.close", "code": consumers.TRY_AGAIN}
    socket = await open_socket(cookie)
    await socket.disconnect()


async def test_ending_a_session_closes_its_socket_at_once_and_no_other(client, valkey, alice, bob):
    hers = await open_socket(await sync_to_async(session_of)(client, alice))
    his = await open_socket(await sync_to_async(session_of)(Client(), bob))
    await sync_to_async(signins.end_all)(person=alice, by=bob, at=datetime.now(UTC))
    assert (await hers.receive_output(timeout=5)) == {"type": "websocket.close", "code": consumers.SIGNED_OUT}
    assert await his.receive_nothing(timeout=0.5)
    await his.disconnect()


@pytest.mark.parametrize("said", [{"text_data": "{"}, {"text_data": "[" * 5_000}, {"bytes_data": b"\xff\xfe"}])
async def test_what_a_page_says_is_not_heard(client, valkey, refund, alice, shop, said):
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    await socket.send_to(**said)
    await sync_to_async(arrive)(shop)
    assert (await socket.receive_json_from(timeout=5))["event"] == "asked"
    await socket.disconnect()


async def test_another_origin_is_refused(client, valkey, alice):
    cookie = await sync_to_async(session_of)(client, alice)
    _, accepted, _ = await connect(cookie, origin=b"https://evil.example")
    assert not accepted


async def test_signing_out_closes_an_open_socket(client, valkey, alice, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.05)
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    await sync_to_async(client.logout)()
    assert (await socket.receive_output(timeout=5))["code"] == consumers.SIGNED_OUT


async def test_a_closed_account_closes_its_socket(client, valkey, alice, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.05)
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    alice.is_active = False
    await alice.asave()
    assert (await socket.receive_output(timeout=5))["code"] == consumers.SIGNED_OUT


async def test_a_role_given_later_is_heard_with(client, valkey, refund, alice, bob, mallory, shop, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.05)
    socket = await open_socket(await sync_to_async(session_of)(client, mallory))
    await sync_to_async(roles.give)(role="payments-owner", user=mallory, at=datetime.now(UTC))
    await asyncio.sleep(0.3)
    action = await sync_to_async(arrive)(shop)
    assert (await socket.receive_json_from(timeout=5))["actions"] == [str(action.pk)]
    await socket.disconnect()


async def test_a_slow_reader_is_told_to_look_at_everything(client, valkey, refund, alice, monkeypatch):
    monkeypatch.setattr(consumers, "WAITING", 3)
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    message = json.dumps({"event": "asked", "actions": ["x"], "checkpoints": [refund.checkpoint_id]})
    await sync_to_async(_flood)(valkey, [message] * 200)
    heard = []
    while {"event": "all"} not in heard:
        heard.append(await socket.receive_json_from(timeout=5))
    await socket.disconnect()


async def test_while_hints_are_lost_the_page_is_told_to_look_now_and_then(client, valkey, alice, monkeypatch):
    monkeypatch.setattr(consumers, "RECHECK", 0.05)
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    assert await socket.receive_nothing(timeout=0.3)
    hub.here().connected = False
    assert await socket.receive_json_from(timeout=5) == {"event": "all"}
    await socket.disconnect()


async def test_what_is_no_nudge_disturbs_nobody(client, valkey, refund, alice, bob, shop):
    socket = await open_socket(await sync_to_async(session_of)(client, alice))
    await sync_to_async(_flood)(valkey, ["rubbish", '{"event":1}', "[]"])
    action = await sync_to_async(arrive)(shop)
    assert (await socket.receive_json_from(timeout=5))["actions"] == [str(action.pk)]
    await socket.disconnect()


def _flood(url, messages):
    with redis.Redis.from_url(url) as store:
        pipeline = store.pipeline()
        for message in messages:
            pipeline.publish("placet.nudge", message)
        pipeline.execute()


async def test_whom_escalation_asks_hears_of_it_and_of_what_becomes_of_it(client, valkey, alice, carol, mallory, shop):
    at = datetime.now(UTC).replace(microsecond=0)
    await sync_to_async(publish)(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=at,
        escalation=[{"after_seconds": 60, "role": "data-owner"}],
    )  # fmt: skip
    added, stranger = [await open_socket(await sync_to_async(session_of)(client, who)) for who in (carol, mallory)]
    action = await sync_to_async(arrive)(shop)
    await sync_to_async(handovers.escalate)(action_id=action.pk, person=alice, at=at)
    assert await added.receive_json_from(timeout=5) == {"event": "escalated", "actions": [str(action.pk)]}
    await sync_to_async(reviews.record)(action_id=action.pk, reviewer=alice, verdict="deny", at=at)
    assert await added.receive_json_from(timeout=5) == {"event": "settled", "actions": [str(action.pk)]}
    assert await stranger.receive_nothing(timeout=0.2)
    for socket in (added, stranger):
        await socket.disconnect()
