"""What is not held passes as it came, both ways, and the gate's own refusals have names."""

import asyncio
import json

import httpx2
import pytest

from . import running, scripts
from .scripts import EVENTS, JSON, TOOL_CALL

POST = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
ODD_CALL = (
    b'{ "method" :"tools/call","x-new":[1.0,1e2,"\\u00e9"],\r\n "jsonrpc":"2.0","params":{"name":"add"},"id":"\\u0031"}'
)
ODD_ANSWER = '{"id":"1" , "jsonrpc":"2.0","result":{"content":[],"later":1E5,"é":"\\ud83d\\ude00"}}\n'.encode()


@pytest.fixture
async def http():
    async with httpx2.AsyncClient(timeout=10) as client:
        yield client


async def test_a_message_and_its_answer_pass_byte_by_byte(http):
    extra = [(b"mcp-session-id", b"s-1"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-new", b"y")]
    script = scripts.says(ODD_ANSWER, headers=[*JSON, *extra, (b"date", b"Thu, 01 Jan 1970 00:00:01 GMT")])
    async with running.scripted(script, "/mcp?key=1") as url, running.gate(url) as gate:
        said = POST | {"authorization": "Bearer upstream", "mcp-method": "tools/call", "x-two": "2", "te": "trailers"}
        answer = await http.post(gate.url, content=ODD_CALL, headers=said)
    assert (answer.status_code, answer.content) == (200, ODD_ANSWER)
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert (answer.headers["mcp-session-id"], answer.headers["x-new"]) == ("s-1", "y")
    assert answer.headers.get_list("date") == ["Thu, 01 Jan 1970 00:00:01 GMT"], "the server’s own, and no other"
    [told] = script.told
    assert (told.method, told.target, told.body) == ("POST", "/mcp?key=1", ODD_CALL)
    assert {name: told.header(name) for name in said if name != "te"} == {k: v for k, v in said.items() if k != "te"}
    assert (told.header("te"), told.header("accept-encoding")) == (None, "identity")
    assert told.header("host") in url


@pytest.mark.parametrize(
    "type", [(b"Content-Type", b"Application/JSON; Charset=UTF-8"), (b"CONTENT-TYPE", b"application/json")]
)
async def test_a_server_may_write_its_headers_as_it_likes(http, type):
    script = scripts.says(ODD_ANSWER, headers=[type, (b"Mcp-Session-Id", b"s-1"), (b"Content-Encoding", b"identity")])
    async with running.scripted(script) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, content=ODD_CALL, headers=POST)
    assert (answer.status_code, answer.content, answer.headers["mcp-session-id"]) == (200, ODD_ANSWER, "s-1")


async def test_an_event_stream_passes_byte_by_byte(http):
    note = b'event: message\r\nid: 3\r\ndata: {"jsonrpc":"2.0",\r\ndata: "method":"notifications/message"}\r\n\r\n'
    stream = b": hello\n\nretry: 1500\nid: 2\ndata: \n\n" + note + b"data:" + ODD_ANSWER + b"\n\n: bye\n\n"
    script = scripts.says(stream, headers=[(b"Content-Type", b"text/event-stream; charset=utf-8")])
    async with running.scripted(script) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, content=ODD_CALL, headers=POST)
    assert (answer.headers["content-type"], answer.content) == ("text/event-stream; charset=utf-8", stream)


async def test_events_of_other_names_pass_when_nobody_could_take_them_for_a_message(http):
    ping = b"event: ping\ndata: 2026-11-23 10:00:00\n\n"
    hidden = b'event: ping\ndata: {"jsonrpc":"2.0","id":9,"method":"elicitation/create","params":{}}\n\n'
    stream = ping + hidden + scripts.event(scripts.result(1))
    script = scripts.says(stream, headers=[*EVENTS, (b"content-length", str(len(stream)).encode())])
    async with running.scripted(script) as url, running.gate(url) as gate:
        answer = await http.post(gate.url, json=TOOL_CALL, headers=POST)
    assert answer.content.startswith(ping)
    assert answer.content.endswith(scripts.event(scripts.result(1)))
    assert b"elicitation" not in answer.content


async def test_an_event_passes_before_the_next_one_is_there(http):
    proceed = asyncio.Event()

    async def answer(told, send):
        await scripts.begin(send)
        await scripts.more(send, scripts.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}))
        await asyncio.wait_for(proceed.wait(), 5)
        await scripts.more(send, scripts.event(scripts.result(1)), last=True)

    async with (
        running.scripted(scripts.Script(answer)) as url, running.gate(url) as gate,
        http.stream("POST", gate.url, json=TOOL_CALL, headers=POST) as response,
    ):  # fmt: skip
        chunks = response.aiter_raw()
        assert b"notifications/message" in await anext(chunks)
        proceed.set()
        assert b"result" in await anext(chunks)


async def test_a_host_that_does_not_read_slows_the_server_down(http):
    sent = 0
    piece = scripts.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 60_000}})

    async def answer(told, send):
        nonlocal sent
        await scripts.begin(send)
        for _ in range(1000):
            await scripts.more(send, piece)
            sent += len(piece)

    async with (
        running.scripted(scripts.Script(answer)) as url, running.gate(url) as gate,
        http.stream("POST", gate.url, json=TOOL_CALL, headers=POST),
    ):  # fmt: skip
        await asyncio.sleep(1.0)
        stopped_at = sent
        await asyncio.sleep(0.3)
        assert sent == stopped_at < 30_000_000


async def test_a_host_that_leaves_is_gone_for_the_server_too(http):
    async def answer(told, send):
        await scripts.begin(send)
        await scripts.more(send, b": here\n\n")
        await asyncio.wait_for(script.left.wait(), 5)

    script = scripts.Script(answer)
    async with running.scripted(script) as url, running.gate(url) as gate:
        async with http.stream("POST", gate.url, json=TOOL_CALL, headers=POST) as response:
            await anext(response.aiter_raw())
        await asyncio.wait_for(script.left.wait(), 5)


@pytest.mark.parametrize(
    ("method", "status", "body", "headers"),
    [
        ("POST", 202, b"", []),
        ("POST", 404, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Session not found"}}', JSON),
        ("POST", 401, b"", [(b"www-authenticate", b'Bearer resource_metadata="https://mcp.example.org/x"')]),
        ("POST", 503, b"<h1>later</h1>", [(b"content-type", b"text/html")]),
        ("POST", 401, b'{"error": "invalid_token", "error_description": "again"}', JSON),
        ("GET", 403, b'{"error":{"code":403}}', JSON),
        ("GET", 405, b"", [(b"allow", b"POST")]),
        ("DELETE", 200, b"", []),
        ("DELETE", 405, b'{"error":"no"}', JSON),
        ("OPTIONS", 204, b"", [(b"access-control-allow-methods", b"POST")]),
    ],
)
async def test_what_the_server_answers_by_status_passes(http, method, status, body, headers):
    script = scripts.says(body, status=status, headers=headers)
    async with running.scripted(script) as url, running.gate(url) as gate:
        call = {"jsonrpc": "2.0", "method": "notifications/initialized"} if status == 202 else TOOL_CALL
        content = json.dumps(call).encode() if method == "POST" else None
        said = POST | {"mcp-session-id": "s-1"}
        answer = await http.request(method, gate.url, content=content, headers=said)
    assert (answer.status_code, answer.content) == (status, body)
    assert all(answer.headers[name.decode()] == value.decode() for name, value in headers)
    assert script.told[0].header("mcp-session-id") == "s-1"


async def test_a_stream_is_resumed_where_the_host_left_it(http):
    script = scripts.says(b"id: 8\ndata: \n\n", headers=EVENTS)
    async with running.scripted(script) as url, running.gate(url) as gate:
        said = {"accept": "text/event-stream", "last-event-id": "7", "mcp-session-id": "s-1"}
        answer = await http.get(gate.url, headers=said)
    assert answer.content == b"id: 8\ndata: \n\n"
    assert (script.told[0].method, script.told[0].header("last-event-id")) == ("GET", "7")


async def test_a_cookie_of_one_host_is_never_shown_for_another(http):
    script = scripts.says(ODD_ANSWER, headers=[*JSON, (b"set-cookie", b"who=alice")])
    async with running.scripted(script) as url, running.gate(url) as gate:
        for _ in range(2):
            await httpx2.AsyncClient().post(gate.url, content=ODD_CALL, headers=POST)
    assert [told.header("cookie") for told in script.told] == [None, None]


async def test_the_gates_own_token_never_goes_upstream(http, monkeypatch):
    monkeypatch.setenv("PLACET_TOKEN", "plc_1_secret")
    script = scripts.says(ODD_ANSWER)
    async with running.scripted(script) as url, running.gate(url) as gate:
        await http.post(gate.url, content=ODD_CALL, headers=POST)
    assert b"plc_1" not in repr(script.told).encode()
    assert script.told[0].header("authorization") is None
