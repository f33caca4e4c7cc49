"""Waiting for the answer to a released elicitation: by hand, then against a real console."""

import json
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

import anyio
import pytest
from placet import Answer, AsyncConsole, Console, Refused, StillPending, Unanswered, Unreachable, flows
from placet.flows import Pause, Reply, Trust

from tests.approvals import answering

from .forge import receipts as forge

NOT_YET = Reply(204, {}, b"")
AT = "2026-11-23T10:00:00.000Z"


def play(flow, *replies):
    """Answer each call with the next reply; returns what was called, and what the flow returned."""
    calls, script, reply = [], list(replies), None
    try:
        while True:
            step = flow.send(reply)
            if isinstance(step, Pause):
                reply = None
            else:
                calls.append(step)
                reply = script.pop(0)
    except StopIteration as end:
        assert not script
        return calls, end.value


def told(status: int = 200, **members) -> Reply:
    return Reply(status, {}, json.dumps(members).encode())


def waiting(*, timeout: float | None = None, patience: float = 60.0):
    trust = Trust(base="https://console.example.org", pin=None, audience=None, patience=patience)
    return flows.answer(forge.ACTION, trust=trust, timeout=timeout)


def test_waiting_goes_on_until_there_is_an_answer():
    said = told(action="accept", content={"name": "Dana"}, answered_at=AT)
    calls, answer = play(waiting(), NOT_YET, None, NOT_YET, said)
    assert answer == Answer("accept", {"name": "Dana"}, datetime(2026, 11, 23, 10, tzinfo=UTC))
    assert {call.target for call in calls} == {f"/api/v1/actions/{forge.ACTION}/answer?wait=25s"}


@pytest.mark.parametrize("said", ["decline", "cancel", "accept"])
def test_an_answer_may_have_no_content(said):
    _, answer = play(waiting(), told(action=said, answered_at=AT))
    assert (answer.action, answer.content) == (said, None)


def test_the_callers_patience_may_end_first():
    with pytest.raises(StillPending):
        play(waiting(timeout=0), NOT_YET)


def test_a_question_whose_time_is_over_is_unanswered():
    with pytest.raises(Unanswered):
        play(waiting(), NOT_YET, told(410, code="answer_over", detail="over"))


@pytest.mark.parametrize(("status", "code"), [(409, "not_released"), (404, "not_found"), (410, "another")])
def test_any_other_no_is_told_by_name(status, code):
    with pytest.raises(Refused) as refused:
        play(waiting(), told(status, code=code, detail="no"))
    assert (refused.value.status, refused.value.code) == (status, code)


def test_a_console_that_stays_away_is_given_up():
    with pytest.raises(Unreachable):
        play(waiting(patience=-1), None)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"action": "yes", "answered_at": AT},
        {"action": "accept", "answered_at": "today"},
        {"action": "accept", "answered_at": 7},
        {"action": "accept", "content": ["Dana"], "answered_at": AT},
        {"action": "decline", "content": {"name": "Dana"}, "answered_at": AT},
    ],
)
def test_what_is_no_answer_is_never_taken_for_one(members):
    with pytest.raises(Refused) as refused:
        play(waiting(), told(**members))
    assert refused.value.code == "not_understood"


@pytest.fixture
def dana(transactional_db, owners, django_user_model):
    return django_user_model.objects.create_user("dana", password="dana-password")


def answers_soon(action_id, dana) -> threading.Thread:
    from django.db import connections

    from approvals import answers

    def give():
        time.sleep(0.3)
        answers.give(action_id=action_id, person=dana, said="accept", content={"name": "Dana"}, at=datetime.now(UTC))
        connections.close_all()

    thread = threading.Thread(target=give)
    thread.start()
    return thread


def asked() -> dict:
    return {name: given for name, given in answering.form().items() if name != "nonce"}


def test_the_subjects_answer_reaches_the_server(console, token, jwks, owners, dana):
    with Console(console, token=token, pin=jwks, patience=2) as side:
        action = side.submit(**asked())
        with pytest.raises(Refused):
            side.answer(action)
        owners.decide(UUID(action.id))
        approved = side.wait(action)
        with pytest.raises(StillPending):
            side.answer(action, timeout=0)
        thread = answers_soon(action.id, dana)
        assert side.answer(action).content == {"name": "Dana"}
        thread.join(5)
        approved.report("succeeded")


def test_it_reaches_those_who_await_it_too(console, token, jwks, owners, dana):
    async def ask():
        async with AsyncConsole(console, token=token, pin=jwks, patience=2) as side:
            action = await side.submit(**asked())
            await anyio.to_thread.run_sync(owners.decide, UUID(action.id))
            thread = answers_soon(action.id, dana)
            answer = await side.answer(action.id)
            await anyio.to_thread.run_sync(thread.join, 5)
            return answer

    assert anyio.run(ask).action == "accept"
