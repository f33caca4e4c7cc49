"""GET /api/v1/actions/{id}/answer: held until the subject answers on the console; every way that they never will."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from approvals import answers, standing
from approvals.api import problems
from approvals.models import Answer, Question
from tests.approvals import answering
from tests.asks import identity

from .conftest import refused


@pytest.fixture
def dana(transactional_db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def places(transactional_db, alice, now):
    answering.checkpoints(at=now)


@pytest.fixture
def give(dana):
    async def record(action_id, said="accept", **content):
        words = {"action_id": UUID(action_id), "person": dana, "said": said, "content": content}
        return await sync_to_async(answers.give)(**words, at=datetime.now(UTC))

    return record


@pytest.fixture
async def question(door, places, decide):
    """The id of a released form."""
    action = await door.submitted(answering.form())
    await decide(action)
    return action


async def test_an_unanswered_question_has_no_content(door, question):
    answer = await door.get(f"/{question}/answer")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_what_was_said_comes_as_an_elicitation_result(door, question, give):
    await give(question, name="Dana", color="red", count=3)
    said = (await door.get(f"/{question}/answer")).json()
    assert (said["action"], said["content"]) == ("accept", {"name": "Dana", "color": "red", "count": 3})
    assert said["answered_at"].endswith("Z") and set(said) == {"action", "content", "answered_at"}


@pytest.mark.parametrize("said", ["decline", "cancel"])
async def test_a_no_has_no_content(door, question, give, said):
    await give(question, said)
    told = (await door.get(f"/{question}/answer")).json()
    assert told["action"] == said and "content" not in told


async def test_a_link_is_told_done_without_content(door, places, decide, give):
    action = await door.submitted(answering.link())
    await decide(action)
    await give(action)
    assert set((await door.get(f"/{action}/answer")).json()) == {"action", "answered_at"}


async def test_a_poll_is_woken_by_the_answer(door, question, give):
    poll = asyncio.create_task(door.get(f"/{question}/answer?wait=20s"))
    await asyncio.sleep(0.3)
    assert not poll.done()
    await give(question, name="Dana")
    async with asyncio.timeout(3):
        assert (await poll).json()["action"] == "accept"


async def test_a_poll_ends_when_its_time_is_up(door, question):
    async with asyncio.timeout(4):
        assert (await door.get(f"/{question}/answer?wait=1s")).status_code == 204


async def test_what_is_pending_is_not_released_and_not_waited_for(door, places):
    action = await door.submitted(answering.form())
    async with asyncio.timeout(2):
        refused(await door.get(f"/{action}/answer?wait=20s"), 409, "not_released")


async def test_what_was_denied_is_not_released(door, places, decide):
    action = await door.submitted(answering.form())
    await decide(action, "deny")
    refused(await door.get(f"/{action}/answer"), 409, "not_released")


async def test_what_the_host_asks_is_not_released_here(door, places, decide):
    value = answering.form()
    del value["answer"]
    action = await door.submitted(value)
    await decide(action)
    refused(await door.get(f"/{action}/answer"), 409, "not_released")


async def test_another_servers_question_is_not_found(door, bakery, question, give):
    refused(await bakery.get(f"/{question}/answer?wait=5s"), 404, "not_found")
    await give(question, name="Dana")
    refused(await bakery.get(f"/{question}/answer"), 404, "not_found")


async def test_what_is_over_is_gone(door, question, shop):
    wanted = [(await sync_to_async(identity)(shop), UUID(question))]
    until = (await sync_to_async(Question.objects.get)(pk=question)).until
    read = sync_to_async(standing.read_answered)
    assert await read(wanted=wanted, at=until - timedelta(seconds=1)) == [False]
    (told,) = await read(wanted=wanted, at=until)
    assert problems.of(told).status == 410 and told.code == "answer_over"


async def test_a_finished_ask_waits_for_no_answer(door, question):
    await door.consume(question)
    await door.report(question, {"status": "failed"})
    refused(await door.get(f"/{question}/answer?wait=20s"), 410, "answer_over")


async def test_an_erased_answer_is_gone(door, question, give):
    await give(question, name="Dana")
    assert (await door.get(f"/{question}/answer")).status_code == 200
    await sync_to_async(Answer.objects.update)(content=None)
    refused(await door.get(f"/{question}/answer"), 410, "answer_over")


async def test_a_senseless_wait_is_refused(door, question):
    refused(await door.get(f"/{question}/answer?wait=soon"), 400, "bad_parameter")
