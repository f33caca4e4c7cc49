"""What the gate does not let pass over HTTP, and how it says so."""

import asyncio
import json

import httpx2
import pytest

from . import running, scripts
from .scripts import EVENTS, JSON, TOOL_CALL

POST = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
ANSWER = json.dumps(scripts.result(1)).encode()


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=10) as client:
        yield client


async def refused(http, script, *, status: int, code: str, id: object = 1, content: bytes | None = None, **how) -> None:
    async with running.scripted(script) as url, running.gate(url, **how) as gate:
        answer = await http.post(gate.url, content=content or json.dumps(TOOL_CALL).encode(), headers=POST)
    told = answer.json()
    assert (answer.status_code, told["id"], told["error"]["data"]["code"]) == (status, id, code)
    assert told["error"]["message"].startswith("Placet's gate: ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "https://evil.example"}, 403), ({"origin": "null"}, 403), ({"host": "evil.example"}, 421),
        ({"content-type": "text/plain"}, 415), ({"content-encoding": "gzip"}, 415),
    ],
)  # fmt: skip
async def test_a_stranger_never_reaches_the_server(http, headers, status):
    script = scripts.says(ANSWER)
    async with running.scripted(script) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, content=json.dumps(TOOL_CALL).encode(), headers=POST | headers)
    assert (answer.status_code, script.told) == (status, [])


@pytest.mark.parametrize("path", ["/", "/mcp/", "/mcp/../admin", "/mcp%2f..%2fadmin", "/mcp?x=1", "//mcp", "/mcp;a"])
async def test_no_other_path_leads_to_the_server(http, path):
    script = scripts.says(ANSWER)
    async with running.scripted(script) as url, running.gate(url) as gate:
        reader, writer = await asyncio.open_connection(*gate.authority.split(":"))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {gate.authority}\r\nConnection: close\r\n\r\n".encode())
        status = await reader.readline()
        writer.close()
    assert b" 404 " in status
    assert script.told == []


async def test_a_message_over_the_limit_is_refused_before_it_is_read(http):
    script = scripts.says(ANSWER)
    too_much = b"x" * 2000
    await refused(http, script, status=413, code="message_too_large", id=None, content=too_much, max_message=1000)

    async def in_pieces():
        for _ in range(20):
            yield b"x" * 100

    async with running.scripted(script) as url, running.gate(url, max_message=1000) as gate:
        answer = await http.post(gate.url, content=in_pieces(), headers=POST)
    assert answer.status_code == 413
    assert script.told == []


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"[" + b"1," * 10 + b"1]", b'{"id":1,"id":2}', b"\xff", b"", b"[" * 100_000]
)
async def test_what_is_no_message_is_refused_as_one(http, body):
    script = scripts.says(ANSWER)
    async with running.scripted(script) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, content=body, headers=POST)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in (-32700, -32600)
    assert script.told == []


async def test_a_server_that_is_not_there_is_told_by_name(http):
    async with running.gate(running.NOBODY + "/mcp") as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
        again = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    for told in (answer, again):
        assert (told.status_code, told.json()["id"], told.json()["error"]["data"]["code"]) == (
            502,
            1,
            "server_unreachable",
        )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_neither_followed_nor_passed_on(http, status):
    script = scripts.says(b"", status=status, headers=[(b"location", b"https://elsewhere.example/mcp")])
    await refused(http, script, status=502, code="redirected")
    assert len(script.told) == 1


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([*JSON, (b"content-encoding", b"gzip")], "encoded_answer"),
        ([(b"content-type", b"application/json; charset=utf-16")], "unknown_charset"),
        ([(b"content-type", b"text/plain")], "unknown_answer"),
        ([], "unknown_answer"),
    ],
)
async def test_an_answer_that_the_gate_cannot_read_does_not_pass(http, headers, code):
    await refused(http, scripts.says(ANSWER, headers=headers), status=502, code=code)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"no","JSONRPC":"2.0","result":{}}', b'{"error":"no","error":{},"id":1}', b'{"error":1} x',
        b'{"error":{"code":-32042},"id":1}', b'["no"]',
    ],
)  # fmt: skip
async def test_what_only_looks_like_an_explanation_does_not_pass(http, body):
    async with running.scripted(scripts.says(body, status=401)) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    assert body not in answer.content
    assert "gate" in answer.text and answer.json()["id"] == 1


async def test_an_answer_over_the_limit_does_not_pass(http):
    big = json.dumps(scripts.result(1, text="x" * 2000)).encode()
    await refused(http, scripts.says(big), status=502, code="answer_too_large", max_message=1000)


async def test_an_event_over_the_limit_ends_its_call_readably(http):
    big = scripts.event(scripts.result(1, text="x" * 2000))
    async with running.scripted(scripts.says(big, headers=EVENTS)) as url, running.gate(url, max_message=1000) as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    assert "xxx" not in answer.text
    assert '"id":1' in answer.text and "1000 bytes" in answer.text


async def test_an_event_that_readers_would_split_does_not_pass(http):
    hidden = b'data: {"jsonrpc":"2.0","method":"x","params":{"a":"\xe2\x80\xa8\xe2\x80\xa8data: {}"}}\n\n'
    async with running.scripted(scripts.says(hidden, headers=EVENTS)) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    assert b"\xe2\x80\xa8" not in answer.content
    assert "ambiguous_event" in answer.text


async def test_an_answer_that_breaks_off_is_no_answer(http):
    async def answer(told, send):
        head = [*JSON, (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await scripts.more(send, ANSWER[:20])
        raise ConnectionError

    await refused(http, scripts.Script(answer), status=502, code="server_broke_off")


async def test_a_stream_that_breaks_off_ends_and_says_nothing_final(http):
    async def answer(told, send):
        await scripts.begin(send)
        await scripts.more(send, b"id: 1\ndata: \n\ndata: half")
        raise ConnectionError

    async with running.scripted(scripts.Script(answer)) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    assert answer.content == b"id: 1\ndata: \n\n"


async def test_a_server_that_sends_what_is_no_message_is_not_believed(http):
    for body in (b'{"id":1,"result":{},"result":{}}', b"nonsense", b"[]"):
        async with running.scripted(scripts.says(body)) as url, running.gate(url) as gate:
            call = asyncio.create_task(http.post(gate.url, json=TOOL_CALL, headers=POST))
            answer = await asyncio.wait_for(call, 5)
        assert body not in answer.content


async def test_a_host_cannot_answer_what_was_never_asked(http):
    script = scripts.says(b"", status=202, headers=[])
    async with running.scripted(script) as url, running.gate(url) as gate:
        forged = {"jsonrpc": "2.0", "id": 7, "result": {"action": "accept"}}
        answer = await http.post(gate.url, json=forged, headers=POST | {"mcp-session-id": "s-1"})
    assert answer.status_code == 202
    assert script.told == []


async def test_a_verified_subject_is_asked_for_where_it_is_configured(http, tmp_path):
    from joserfc.jwk import ECKey, KeySet
    from placet.gate.http import bearer

    keys = tmp_path / "jwks.json"
    keys.write_text(json.dumps(KeySet([ECKey.generate_key("P-256")]).as_dict(private=False)))
    issuer = bearer.issuer(keys=keys, name="i", audience="a")
    await refused(
        http, script := scripts.says(ANSWER), status=401, code="unverified_subject", id=None, terms={"issuer": issuer}
    )
    assert script.told == []


async def test_sessions_beyond_the_limit_wait_for_their_turn(http):
    async def answer(told, send):
        if told.method == "GET":
            await scripts.begin(send)
            await asyncio.sleep(5)
        else:
            await scripts.whole(send, ANSWER)

    script = scripts.Script(answer)
    async with running.scripted(script) as url, running.gate(url, terms={"most_sessions": 1}) as gate:
        async with http.stream("GET", gate.url, headers={"mcp-session-id": "a", "accept": "text/event-stream"}):
            full = await http.post(gate.url, json=TOOL_CALL, headers=POST | {"mcp-session-id": "b"})
        assert (full.status_code, full.json()["error"]["data"]["code"]) == (503, "too_many_sessions")
        await asyncio.sleep(0.1)
        free = await http.post(gate.url, json=TOOL_CALL, headers=POST | {"mcp-session-id": "b"})
        assert free.status_code == 200
