"""The gate ends and comes back: promises stand, everything else is withdrawn, and nothing runs unapproved."""

import asyncio
import json
import sqlite3

import pytest
from placet.submissions import Action

from .ends import FORM, Ends


@pytest.fixture
def lasting(opened, tmp_path):
    """`lasting(**options)`: a gate process with the same state file every time."""
    return lambda **options: Ends(opened(state=tmp_path / "gate.db", **{"park_after": 0.3} | options))


async def ended(ends) -> None:
    await ends.session.close()
    await ends.shared.close()


async def test_a_parked_call_goes_on_in_the_next_process(lasting, desk):
    ends = lasting()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await ends.host_got()
    ask = await desk.asked("elicitation_form")
    await ended(ends)
    await desk.becomes(ask, "pending")
    await desk.says(ask)
    after = lasting()
    call = after.call(modern=True)
    handed = await after.host_got()
    assert (handed["id"], handed["result"]["inputRequests"]["confirm"]["params"]) == (call, FORM)
    assert handed["result"]["requestState"] == "s-1"
    assert after.server == [] and await desk.count() == 1


async def test_a_decision_made_before_the_end_is_honoured_after_it(lasting, desk):
    ends = lasting()
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await ends.host_got()
    ask = await desk.decide("elicitation_form", "deny")
    await asyncio.sleep(0.3)
    await ended(ends)
    after = lasting()
    after.call(modern=True)
    retry = await after.server_got()
    assert retry["params"]["inputResponses"] == {"confirm": {"action": "decline"}}
    assert await desk.count() == 1, ask


async def test_a_held_call_that_was_parked_runs_once_in_the_next_process(lasting, desk):
    ends = lasting(hold=("refund",))
    ends.call()
    await ends.host_got()
    await ended(ends)
    await desk.decide("tool_call")
    after = lasting(hold=("refund",))
    first = after.call()
    assert (await after.server_got())["id"] == first
    after.answer(first, {"content": []})
    after.call()
    await desk.asked("tool_call")
    assert len(after.server) == 1


async def test_what_was_not_parked_is_withdrawn_at_the_end(lasting, desk):
    ends = lasting(park_after=60)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    ask = await desk.asked("elicitation_form")
    await ended(ends)
    await desk.becomes(ask, "withdrawn")


async def test_without_a_state_file_parked_asks_are_withdrawn_too(engine, desk):
    ends = engine(park_after=0.2)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    await ends.host_got()
    ask = await desk.asked("elicitation_form")
    await ended(ends)
    await desk.becomes(ask, "withdrawn")


async def test_what_a_killed_process_left_waiting_is_withdrawn_by_the_next_one(lasting, desk, tmp_path):
    ends = lasting(park_after=60)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    ask = await desk.asked("elicitation_form")
    await asyncio.sleep(0.2)
    after = lasting()
    await after.shared.holding.clean_up()
    await desk.becomes(ask, "pending")  # the other process lives
    with sqlite3.connect(tmp_path / "gate.db") as rows:
        rows.execute("UPDATE ask SET life = 'killed'")
    await after.shared.holding.clean_up()
    await desk.becomes(ask, "withdrawn")


async def test_what_a_killed_process_sent_without_hearing_of_it_is_withdrawn_too(lasting, desk, tmp_path):
    ends = lasting(park_after=60)
    ends.input_required(ends.call(modern=True), confirm=FORM)
    ask = await desk.asked("elicitation_form")
    await asyncio.sleep(0.2)
    with sqlite3.connect(tmp_path / "gate.db") as rows:  # as if it had died between sending and hearing
        ((kept,),) = rows.execute("SELECT kept FROM ask").fetchall()
        action = Action.from_json(kept)
        rows.execute("DELETE FROM ask")
        rows.execute("INSERT INTO sending VALUES (?, 'killed', ?)", [action.submission.key, action.submission.body])
    await lasting().shared.holding.clean_up()
    await desk.becomes(ask, "withdrawn")
    with sqlite3.connect(tmp_path / "gate.db") as rows:
        assert rows.execute("SELECT count(*) FROM sending").fetchone() == (0,)


async def test_an_approval_that_was_used_before_the_crash_is_not_used_again(lasting, desk, tmp_path):
    ends = lasting(hold=("refund",))
    ends.call()
    await ends.host_got()
    await desk.decide("tool_call")
    await asyncio.sleep(0.3)
    await ended(ends)
    with sqlite3.connect(tmp_path / "gate.db") as rows:  # as if it had died between use and note
        rows.execute("UPDATE ask SET outcome = NULL")
    after = lasting(hold=("refund",))
    after.call()
    assert "not known what became of an approval" in json.dumps(await after.host_got())
    assert after.server == []


async def test_the_state_file_is_for_its_owner_alone(lasting, tmp_path):
    lasting()
    assert (tmp_path / "gate.db").stat().st_mode & 0o077 == 0
