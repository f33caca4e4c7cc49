"""People take longer than HTTP likes: signs of life, parking, coming back, and whatever breaks meanwhile."""

import asyncio
import json

import httpx2
import pytest
from asgiref.sync import sync_to_async
from mcp.shared.exceptions import MCPError

from . import running, scripts
from .hosts import ERAS, LEGACY, MODERN, Host, asked, decided, ended
from .scripts import TOOL_CALL
from .test_sessions import ASK, POST, YES, Asking, call, events

MODERN_POST = POST | {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "add"}
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
}
MODERN_CALL = TOOL_CALL | {"params": {"name": "add", "arguments": {}, "_meta": META}}


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


def input_required(id, **asks: str) -> dict:
    form = {"mode": "form", "requestedSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}
    requests = {key: {"method": "elicitation/create", "params": form | {"message": text}} for key, text in asks.items()}
    return scripts.result(id, resultType="input_required", inputRequests=requests, requestState="\u00e9 opaque /+=")


class Rounds:
    """A modern server that answers a first call by asking, and a retry by what it was told."""

    def __init__(self, **asks: str) -> None:
        self.asks = asks
        self.script = scripts.Script(self.answer)

    async def answer(self, told, send):
        message = told.message
        if "inputResponses" not in message["params"]:
            body = json.dumps(input_required(message["id"], **self.asks), ensure_ascii=False).encode()
        else:
            got = {key: answer["action"] for key, answer in message["params"]["inputResponses"].items()}
            body = json.dumps(scripts.result(message["id"], resultType="complete", got=got)).encode()
        await scripts.whole(send, body)


async def test_a_host_that_waits_hears_signs_of_life(gated, owners, http):
    async with (
        running.scripted(Rounds(one="Refund?").script) as url, gated(url) as gate,
        http.stream("POST", gate.url, json=MODERN_CALL, headers=MODERN_POST) as response,
    ):  # fmt: skip
        assert response.headers["content-type"] == "text/event-stream"
        lines = response.aiter_lines()
        assert (await anext(lines)).startswith(": ")
        await decided(owners, "elicitation_form")
        said = [line async for line in lines if line.startswith("data:")]
    assert json.loads(said[-1][5:]) == input_required(1, one="Refund?")


async def test_a_host_with_a_progress_token_hears_of_progress(gated, owners, http):
    waiting = MODERN_CALL | {"params": MODERN_CALL["params"] | {"_meta": META | {"progressToken": "p-1"}}}
    async with (
        running.scripted(Rounds(one="Refund?").script) as url, gated(url, progress_every=0.2) as gate,
        http.stream("POST", gate.url, json=waiting, headers=MODERN_POST) as response,
    ):  # fmt: skip
        lines = response.aiter_lines()
        note = json.loads(await anext(line[5:] async for line in lines if line.startswith("data:")))
        await decided(owners, "elicitation_form")
    assert (note["method"], note["params"]["progressToken"]) == ("notifications/progress", "p-1")


async def test_a_quick_decision_leaves_a_plain_answer_plain(gated, owners, http):
    async with running.scripted(Rounds(one="Refund?").script) as url, gated(url) as gate:
        posting = asyncio.create_task(http.post(gate.url, json=MODERN_CALL, headers=MODERN_POST))
        await decided(owners, "elicitation_form")
        answer = await posting
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == input_required(1, one="Refund?")
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_host_that_takes_no_events_waits_for_its_plain_answer(gated, owners, http):
    async with running.scripted(Rounds(one="Refund?").script) as url, gated(url) as gate:
        plain = MODERN_POST | {"accept": "application/json"}
        posting = asyncio.create_task(http.post(gate.url, json=MODERN_CALL, headers=plain))
        await asked("elicitation_form")
        await asyncio.sleep(1.5)
        await decided(owners, "elicitation_form")
        answer = await posting
    assert (answer.headers["content-type"], answer.json()) == ("application/json", input_required(1, one="Refund?"))


async def test_a_bundle_goes_on_only_when_all_of_it_is_decided(gated, owners, http):
    server = Rounds(one="Refund A1?", two="Refund B2?")
    async with running.scripted(server.script) as url, gated(url) as gate:
        posting = asyncio.create_task(http.post(gate.url, json=MODERN_CALL, headers=MODERN_POST))
        first = await asked("elicitation_form", count=2)
        await sync_to_async(owners.decide)(first["id"])
        await asyncio.sleep(0.3)
        assert not posting.done()
        await decided(owners, "elicitation_form", "deny")
        answer = await posting
        assert list(answer.json()["result"]["inputRequests"]) in (["one"], ["two"])
        [released] = answer.json()["result"]["inputRequests"]
        responses = {"inputResponses": {released: {"action": "accept", "content": {"ok": True}}}}
        state = {"requestState": answer.json()["result"]["requestState"]}
        retry = MODERN_CALL | {"id": 2, "params": MODERN_CALL["params"] | responses | state}
        done = await http.post(gate.url, json=retry, headers=MODERN_POST)
    assert sorted(done.json()["result"]["got"].items()) == sorted(
        {"one": "decline", "two": "decline", released: "accept"}.items()
    )
    assert server.script.told[-1].message["params"]["requestState"] == "\u00e9 opaque /+="


@pytest.mark.parametrize("era", ERAS)
async def test_a_parked_call_is_told_so_and_its_repeat_goes_on(gated, owners, shop_url, era):
    host = Host()
    async with gated(shop_url, park_after=0.3) as gate, host.connected(gate.url, era) as client:
        told = await client.call_tool("form", {"order": "A1"})
        ask = await asked("elicitation_form")
        assert str(ask["id"]) in told.content[0].text
        assert host.seen == []
        await sync_to_async(owners.decide)(ask["id"])
        again = await client.call_tool("form", {"order": "A1"})
    assert again.content[0].text == "accept 80.5"
    assert len(host.seen) == 1


async def test_a_decision_survives_a_gate_that_is_started_anew(gated, owners, shop_url, tmp_path):
    host, state = Host(), tmp_path / "gate.db"
    async with gated(shop_url, park_after=0.3, state=state) as gate, host.connected(gate.url, MODERN) as client:
        await client.call_tool("form", {"order": "A1"})
        ask = await asked("elicitation_form")
    await sync_to_async(owners.decide)(ask["id"])
    async with gated(shop_url, park_after=0.3, state=state) as gate, host.connected(gate.url, MODERN) as client:
        again = await asyncio.wait_for(client.call_tool("form", {"order": "A1"}), 10)
    assert again.content[0].text == "accept 80.5"
    assert len(host.seen) == 1


@pytest.mark.parametrize("era", ERAS)
async def test_a_hosts_own_call_may_be_held_before_the_server_hears_of_it(gated, owners, shop_url, era):
    host = Host()
    async with gated(shop_url, hold=("ref*",)) as gate, host.connected(gate.url, era) as client:
        held = asyncio.create_task(client.call_tool("refund", {"order": "A1"}))
        assert (await client.call_tool("echo", {"text": "free"})).content[0].text == "free"
        ask = await asked("tool_call")
        assert ask["body"]["params"] == {"name": "refund", "arguments": {"order": "A1"}}
        assert not held.done()
        await sync_to_async(owners.decide)(ask["id"])
        assert (await held).content[0].text == "refunded A1"


@pytest.mark.parametrize("era", ERAS)
async def test_a_held_call_that_is_denied_never_reaches_the_server(gated, owners, shop_url, era):
    async with gated(shop_url, hold=("refund",)) as gate, Host().connected(gate.url, era) as client:
        held = asyncio.create_task(client.call_tool("refund", {"order": "A1"}))
        await decided(owners, "tool_call", "deny", note="Not this one.")
        told = await held
    assert told.is_error
    assert "refunded" not in told.content[0].text and "Not this one." in told.content[0].text


async def test_a_host_that_resumes_hears_what_was_released_meanwhile(gated, owners, resumable_shop_url):
    """The host loses its stream while a person decides, and goes on by GET and Last-Event-ID, as the client does."""
    host = Host()
    async with (
        gated(resumable_shop_url) as gate,
        host.connected(gate.url, LEGACY) as client,
        asyncio.TaskGroup() as tasks,
    ):
        working = tasks.create_task(client.call_tool("form", {"order": "A1"}))
        ask = await asked("elicitation_form")
        for served in gate.door.sessions.all():
            for lane in [lane for lane in served.lanes if lane not in served.standing]:
                await lane.end()
        await asyncio.sleep(0.5)
        await sync_to_async(owners.decide)(ask["id"])
    assert working.result().content[0].text == "accept 80.5"
    assert len(host.seen) == 1


async def test_a_server_that_dies_while_a_person_decides_releases_nothing(gated, owners, http):
    async def answer(told, send):
        if "method" not in told.message:
            await scripts.whole(send, b"", status=202, headers=[])
            return
        await scripts.begin(send)
        await scripts.more(send, scripts.event(ASK))
        await asyncio.sleep(0.5)
        raise ConnectionError

    async with running.scripted(scripts.Script(answer)) as url, gated(url) as gate, call(http, gate, "a") as mine:
        heard = await events(mine)
        ask = await asked("elicitation_form")
        await asyncio.sleep(0.8)
        await sync_to_async(owners.decide)(ask["id"], "deny")
        assert await asyncio.wait_for(heard.get(), 5) is None


async def test_a_host_that_leaves_a_modern_call_cancels_it(gated, owners, http):
    async with running.scripted(Rounds(one="Refund?").script) as url, gated(url) as gate:
        posting = asyncio.create_task(http.post(gate.url, json=MODERN_CALL, headers=MODERN_POST))
        ask = await asked("elicitation_form")
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await ended(ask["id"], "withdrawn")


async def test_a_server_that_refuses_the_gates_answer_leaves_the_gate_standing(gated, owners, http):
    server = Asking()

    async def answer(told, send):
        if told.method == "POST" and "method" not in told.message:
            await scripts.whole(send, b"no", status=500, headers=[])
        else:
            await server.answer(told, send)

    async with running.scripted(scripts.Script(answer)) as url, gated(url) as gate, call(http, gate, "a") as mine:
        heard = await events(mine)
        await decided(owners, "elicitation_form", "deny")
        await asyncio.sleep(0.3)
        assert heard.empty()
        other = await http.post(gate.url, json=YES, headers=POST | {"mcp-session-id": "a"})
    assert other.status_code == 202


@pytest.mark.parametrize("era", ERAS)
async def test_a_console_that_is_away_lets_no_model_run(shop_url, era):
    host = Host()
    async with running.gate(shop_url) as gate, host.connected(gate.url, era) as client:
        with pytest.raises(MCPError) as no:
            told = await client.call_tool("sample", {"topic": "France"})
            raise MCPError(0, told.content[0].text) if told.is_error else AssertionError(told)
    assert "Paris" not in str(no.value)
    assert host.seen == []


async def test_a_host_that_lost_its_stream_goes_on_by_its_last_event(gated, owners, http, resumable_shop_url):
    """Connection lost while a person decides: the ask is held once, released on the new stream, and answered once."""
    async with gated(resumable_shop_url) as gate:
        said = POST | {"mcp-protocol-version": "2025-11-25"}
        able = {
            "protocolVersion": "2025-11-25",
            "capabilities": {"elicitation": {}},
            "clientInfo": {"name": "h", "version": "1"},
        }
        begin = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": able}
        said["mcp-session-id"] = (await http.post(gate.url, json=begin, headers=said)).headers["mcp-session-id"]
        form = TOOL_CALL | {"params": {"name": "form", "arguments": {"order": "A1"}}}
        async with http.stream("POST", gate.url, json=form, headers=said) as response:
            lines = response.aiter_lines()  # kept: dropped, it would hang up before the ask has come
            last = await _first_id(lines)
            ask = await asked("elicitation_form")
            await lines.aclose()
        resumed = said | {"last-event-id": last, "accept": "text/event-stream"}
        async with http.stream("GET", gate.url, headers=resumed) as response:
            heard = await events(response)
            await asyncio.sleep(0.3)
            assert not [line for line in heard._queue if line and "Refund order" in line]
            await sync_to_async(owners.decide)(ask["id"])
            released = await _data(heard)
            assert released["method"] == "elicitation/create"
            yes = {"jsonrpc": "2.0", "id": released["id"], "result": YES["result"] | {"content": {"approve": True}}}
            assert (await http.post(gate.url, json=yes, headers=said)).status_code == 202
            assert (await _data(heard))["result"]["content"][0]["text"] == "accept 125.0"


async def _first_id(lines) -> str:
    """The id of the first event that has one."""
    async for line in lines:
        if line.startswith("id:"):
            return line[3:].strip()
    raise AssertionError("no event had an id")


async def _data(heard) -> dict:
    """The next message, whatever ids and empty events come before it."""
    while True:
        line = await asyncio.wait_for(heard.get(), 10)
        assert line is not None, "the stream ended"
        if line.startswith("data:") and line[5:].strip():
            return json.loads(line[5:])
