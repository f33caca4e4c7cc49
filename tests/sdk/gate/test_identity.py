"""Who is who: the configured command, the operating system's user, and what both sides only claim."""

import pytest

from .ends import FORM, Ends


async def test_an_ask_carries_origin_session_subject_and_what_is_claimed(engine, desk):
    ends = engine(shown="till")
    ends.initialize()
    ends.call("refund", {"order": "A1"})
    ends.ask("elicitation/create", FORM)
    context = (await desk.asked("elicitation_form"))["context"]
    assert context["origin"]["method"] == "tools/call"
    assert (context["origin"]["name"], context["origin"]["principal"]) == ("refund", "user:dana")
    assert len(context["origin"]["dig"]) == 43
    assert (context["session"], context["subject"]) == (ends.session.id, "dana@example.org")
    assert context["identity"] == {"host": "desk 1", "chain": ["desk 1", "till"]}
    assert context["signals"] == {"server": "till"}


async def test_the_servers_command_is_shown_without_its_arguments(engine, desk):
    ends = engine(server="till --key secret-1", shown="till", hold=("*",))
    ends.call()
    assert "secret-1" not in str(await desk.asked("tool_call"))


async def test_what_a_host_calls_itself_changes_nothing_that_is_known(engine, desk):
    ends = engine()
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "root"},
    }
    params = {"name": "refund", "arguments": {}, "_meta": meta, "subject": "alice", "principal": "user:root"}
    ends.host_says({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    ends.input_required(1, confirm=FORM)
    context = (await desk.asked("elicitation_form"))["context"]
    assert (context["origin"]["principal"], context["subject"]) == ("user:dana", "dana@example.org")
    assert context["identity"]["host"] == "root"


async def test_two_sessions_have_two_ids_and_their_own_people(engine, desk):
    ends = engine()
    other = Ends(ends.shared, principal="user:bob", subject="bob@example.org")
    for one in (ends, other):
        one.initialize()
        one.call()
        one.ask("elicitation/create", FORM)
    contexts = [ask["context"] for ask in await desk.all_asked("elicitation_form", count=2)]
    assert {context["subject"] for context in contexts} == {"dana@example.org", "bob@example.org"}
    assert len({context["session"] for context in contexts}) == 2


async def test_an_answer_in_one_session_does_not_reach_another(engine, desk):
    ends = engine()
    other = Ends(ends.shared)
    for one in (ends, other):
        one.initialize()
        one.call()
        one.clear()
    ends.ask("elicitation/create", FORM, 1)
    await desk.decide("elicitation_form")
    await ends.host_got()
    other.host_says({"jsonrpc": "2.0", "id": 1, "result": {"action": "accept"}})
    assert other.server == [] and ends.server == []


async def test_whoever_the_host_works_for_cannot_release_its_asks(engine, desk, any_tool):
    from approvals.errors import OwnAsk

    ends = engine(principal="user:alice", hold=("*",))
    ends.call()
    ask = await desk.asked("tool_call")
    with pytest.raises(OwnAsk):
        await desk.says(ask, by="alice")
    await desk.says(ask, by="bob")
    await ends.server_got()
