"""Many hosts at one gate: each hears of its own asks alone, and answers its own alone."""

import asyncio
import contextlib
import json

import httpx2
import pytest
from asgiref.sync import sync_to_async
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from placet.gate.http import bearer

from . import running, scripts
from .hosts import ERAS, LEGACY, Host, asked, decided, ended
from .scripts import TOOL_CALL

POST = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
FORM = {"message": "Refund?", "requestedSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}
ASK = {"jsonrpc": "2.0", "id": 7, "method": "elicitation/create", "params": FORM}
YES = {"jsonrpc": "2.0", "id": 7, "result": {"action": "accept", "content": {"ok": True}}}


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=10) as client:
        yield client


class Asking:
    """A legacy server that asks the same form on every call's stream, and ends the call with what was answered."""

    def __init__(self) -> None:
        self.script = scripts.Script(self.answer)
        self.answers: dict[str, asyncio.Queue] = {}

    async def answer(self, told, send):
        answers = self.answers.setdefault(told.header("mcp-session-id"), asyncio.Queue())
        if told.method != "POST" or "method" not in told.message:
            if told.method == "POST":
                answers.put_nowait(told.message)
            await scripts.whole(send, b"", status=202 if told.method == "POST" else 405, headers=[])
            return
        await scripts.begin(send)
        await scripts.more(send, scripts.event(ASK, id="e-7"))
        got = await answers.get()
        await scripts.more(send, scripts.event(scripts.result(told.message["id"], got=got["result"])), last=True)

    def got(self, session: str) -> int:
        return self.answers[session].qsize() if session in self.answers else 0


async def events(response) -> asyncio.Queue:
    """What the host hears, as it comes."""
    heard: asyncio.Queue = asyncio.Queue()

    async def listen():
        with contextlib.suppress(httpx2.HTTPError):
            async for line in response.aiter_lines():
                if line.startswith(("data:", "id:")):
                    heard.put_nowait(line)
        heard.put_nowait(None)

    heard.task = asyncio.create_task(listen())
    return heard


def call(http, gate, session: str):
    return http.stream("POST", gate.url, json=TOOL_CALL, headers=POST | {"mcp-session-id": session})


async def test_an_answer_from_another_session_reaches_nobody(gated, owners, http):
    server = Asking()
    async with running.scripted(server.script) as url, gated(url) as gate, call(http, gate, "a") as mine:
        heard = await events(mine)
        await decided(owners, "elicitation_form")
        assert [await heard.get(), json.loads((await heard.get())[5:])] == ["id: e-7", ASK]
        forged = await http.post(gate.url, json=YES, headers=POST | {"mcp-session-id": "b"})
        assert (forged.status_code, server.got("b")) == (202, 0)
        await http.post(gate.url, json=YES, headers=POST | {"mcp-session-id": "a"})
        assert '"accept"' in await asyncio.wait_for(heard.get(), 5)


async def test_only_the_first_of_two_answers_counts(gated, owners, http):
    server = Asking()
    async with running.scripted(server.script) as url, gated(url) as gate, call(http, gate, "a") as mine:
        heard = await events(mine)
        await decided(owners, "elicitation_form")
        await heard.get()
        for answer in (YES, {**YES, "result": {"action": "decline"}}):
            assert (await http.post(gate.url, json=answer, headers=POST | {"mcp-session-id": "a"})).status_code == 202
        assert '"accept"' in (await heard.get() + await asyncio.wait_for(heard.get(), 5))
    assert len([told for told in server.script.told if told.method == "POST"]) == 2


async def test_an_answer_before_the_owners_is_dropped(gated, owners, http):
    server = Asking()
    async with running.scripted(server.script) as url, gated(url) as gate, call(http, gate, "a") as mine:
        heard = await events(mine)
        await asked("elicitation_form")
        early = await http.post(gate.url, json=YES, headers=POST | {"mcp-session-id": "a"})
        assert (early.status_code, len(server.script.told)) == (202, 1)
        await decided(owners, "elicitation_form", "deny")
        assert '"decline"' in await asyncio.wait_for(heard.get(), 5)


async def test_two_sessions_with_the_same_ids_do_not_meet(gated, owners, http):
    server = Asking()
    async with (
        running.scripted(server.script) as url, gated(url) as gate,
        call(http, gate, "a") as one, call(http, gate, "b") as two,
    ):  # fmt: skip
        heard = [await events(one), await events(two)]
        first = await asked("elicitation_form", count=2)
        await sync_to_async(owners.decide)(first["id"], "deny")
        said = await asyncio.wait([asyncio.create_task(h.get()) for h in heard], timeout=2)
        assert len(said[0]) == 1, "one decision answers one session"
        await decided(owners, "elicitation_form", "deny")
        await asyncio.wait_for(asyncio.wait(said[1]), 5)


async def test_one_subject_never_meets_anothers_session(gated, owners, http, tmp_path):
    key = ECKey.generate_key("P-256", {"kid": "a"})
    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    issuer = bearer.issuer(keys=keys, name="i", audience="a")

    def as_subject(name: str) -> dict:
        claims = {"iss": "i", "aud": "a", "exp": 4_000_000_000, "sub": name}
        token = jwt.encode({"alg": "ES256", "kid": "a"}, claims, key)
        return POST | {"authorization": f"Bearer {token}", "mcp-session-id": "a"}

    server = Asking()
    async with running.scripted(server.script) as url, gated(url, terms={"issuer": issuer}) as gate:
        said = {"json": TOOL_CALL, "headers": as_subject("dana")}
        async with http.stream("POST", gate.url, **said) as mine:
            heard = await events(mine)
            ask = await decided(owners, "elicitation_form")
            assert ask["context"]["subject"] == "dana"
            await heard.get()
            await http.post(gate.url, json=YES, headers=as_subject("mallory"))
            assert server.got("a") == 0
            await http.post(gate.url, json=YES, headers=as_subject("dana"))
            assert '"accept"' in (await heard.get() + await asyncio.wait_for(heard.get(), 5))
    assert server.script.told[0].header("authorization").startswith("Bearer ey")


@pytest.mark.long
@pytest.mark.parametrize("era", ERAS)
async def test_fifty_hosts_at_once_each_get_their_own_answer(gated, owners, shop_url, era):
    async def work(client, number: int) -> list[str]:
        texts = [f"{number}-{turn}" for turn in range(5)]
        results = await asyncio.gather(*(client.call_tool("echo", {"text": text}) for text in texts))
        assert [result.content[0].text for result in results] == texts
        return texts

    async with gated(shop_url) as gate, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(Host().connected(gate.url, era)) for _ in range(50)]
        done = await asyncio.wait_for(asyncio.gather(*(work(c, n) for n, c in enumerate(clients))), 60)
    assert len(done) == 50


async def test_nothing_is_remembered_of_sessions_that_ended(gated, owners, shop_url):
    async with gated(shop_url) as gate:
        for era in ERAS:
            async with Host().connected(gate.url, era) as client:
                await client.call_tool("add", {"a": 1, "b": 2})
        await asyncio.sleep(0.2)
        assert len(gate.door.sessions) == 0


async def test_a_session_that_the_server_forgot_is_over_here_too(gated, owners, http):
    server = Asking()
    gone = json.dumps({"jsonrpc": "2.0", "id": 2, "error": {"code": -32600, "message": "Session not found"}}).encode()

    async def answer(told, send):
        if told.method == "POST" and told.message.get("id") == 2:
            await scripts.whole(send, gone, status=404)
        else:
            await server.answer(told, send)

    async with running.scripted(scripts.Script(answer)) as url, gated(url) as gate, call(http, gate, "a"):
        ask = await asked("elicitation_form")
        told = await http.post(gate.url, json=TOOL_CALL | {"id": 2}, headers=POST | {"mcp-session-id": "a"})
        assert (told.status_code, told.content) == (404, gone)
        await ended(ask["id"], "withdrawn")


async def test_a_name_that_only_a_host_claims_is_not_remembered(http):
    script = scripts.says(b"", status=401, headers=[(b"www-authenticate", b"Bearer")])
    async with running.scripted(script) as url, running.gate(url) as gate:
        for number in range(5):
            await http.post(gate.url, json=TOOL_CALL, headers=POST | {"mcp-session-id": f"made-up-{number}"})
        await asyncio.sleep(0.1)
        assert len(gate.door.sessions) == 0


async def test_a_session_that_nobody_uses_makes_room_for_the_next(http):
    script = scripts.says(json.dumps(scripts.result(1)).encode())
    async with running.scripted(script) as url, running.gate(url, terms={"most_sessions": 2}) as gate:
        for name in ("a", "b", "c", "d"):
            answer = await http.post(gate.url, json=TOOL_CALL, headers=POST | {"mcp-session-id": name})
            assert answer.status_code == 200
        assert len(gate.door.sessions) == 2


@pytest.mark.parametrize("name", [b"", b"a b", b"\xc3\xa9", b"x" * 2000])
async def test_a_session_has_a_name_that_is_one(http, name):
    script = scripts.says(b"")
    async with running.scripted(script) as url, running.gate(url) as gate:
        headers = [*((k.encode(), v.encode()) for k, v in POST.items()), (b"mcp-session-id", name)]
        answer = await http.post(gate.url, json=TOOL_CALL, headers=headers)
    assert (answer.status_code, script.told) == (400, [])


async def test_a_host_of_the_old_era_is_known_by_its_session(gated, owners, shop_url):
    host = Host()
    async with gated(shop_url) as gate, host.connected(gate.url, LEGACY) as client:
        await client.call_tool("add", {"a": 1, "b": 2})
        assert len(gate.door.sessions) == 1
