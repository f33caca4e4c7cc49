"""Hostile and broken input: the gate survives, refuses by name, and nothing slips past it."""

import json

import pytest

from .ends import FORM


@pytest.mark.parametrize(
    "raw",
    [
        b"not json", b'{"jsonrpc":"2.0","id":1', b"[]", b'{"jsonrpc":"2.0","id":1,"method":"x","id":2}',
        b'{"jsonrpc":"2.0","id":1,"METHOD":"tools/call"}',
    ],
)  # fmt: skip
def test_a_host_hears_why_its_message_did_not_pass(ends, raw):
    ends.host_says(raw)
    said = json.loads(ends.host[0])
    assert said["id"] is None
    assert said["error"]["message"].startswith("The gate does not pass this")
    assert ends.server == []


def test_a_servers_noise_is_dropped(ends):
    ends.server_says(b"listening on port 8080")
    assert ends.host == []


def test_an_answer_that_is_not_well_formed_ends_its_call_readably(ends):
    call = ends.call()
    ends.server_says(f'{{"jsonrpc":"2.0","id":{call},"result":{{"a":1,"a":2}}}}'.encode())
    assert "does not pass the gate" in json.dumps(json.loads(ends.host[0]))


@pytest.mark.parametrize(
    "raw",
    [
        b'{"jsonrpc":"2.0","id":"s1","\\u006dethod":"shell/run","params":{}}',
        b'{"jsonrpc":"2.0","id":"s1","method":"\\u0073hell/run","params":{}}',
        b'{"jsonrpc":"2.0","id":"s1","method":"notifications/progress","params":{}}',
        b'{"jsonrpc":"2.0","id":"s1","method":"elicitation/create","params":[1]}',
        b'{"jsonrpc":"2.0","id":"s1","method":"elicitation/create"}',
        b'{"jsonrpc":"2.0","id":"s1","method":"elicitation/create","params":{"mode":"dream"}}',
        b'{"jsonrpc":"2.0","id":"s1","method":"elicitation/create","params":{"Mode":"url","message":"x"}}',
        b'{"jsonrpc":"2.0","id":null,"method":"elicitation/create","params":{"message":"x"}}',
        b'{"jsonrpc":"2.0","id":[1],"method":"elicitation/create","params":{"message":"x"}}',
        b'{"jsonrpc":"2.0","id":true,"method":"sampling/createMessage","params":{}}',
    ],
)
def test_unknown_requests_of_a_server_are_refused_readably(ends, raw):
    ends.server_says(raw)
    assert ends.host == []
    assert "The gate does not pass this" in json.loads(ends.server[0])["error"]["message"]


@pytest.mark.parametrize("raw", [
    b'[{"jsonrpc":"2.0","id":"s1","method":"elicitation/create","params":{}}]',
    b'{"jsonrpc":"2.0","method":"ping","id":"s1","method":"elicitation/create","params":{}}',
    b'{"jsonrpc":"2.0","id":"s1","method":"ping"}\r{"jsonrpc":"2.0","id":"s2","method":"elicitation/create"}',
    b'{"jsonrpc":"2.0","id":"s1","METHOD":"elicitation/create","result":{}}',
])  # fmt: skip
def test_crafted_messages_do_not_slip_past_recognition(ends, raw):
    ends.server_says(raw)
    assert ends.host == []


@pytest.mark.parametrize("method", ["ping", "roots/list", "tasks/get", "tasks/result", "tasks/list", "tasks/cancel"])
def test_harmless_requests_pass_both_ways_as_they_are(ends, method):
    raw = ends.server_says(f'{{"jsonrpc": "2.0","id": 1.0,"method":"{method}"}}'.encode())
    answer = ends.host_says(b'{"jsonrpc": "2.0","id": 1,"result":{ }}')
    assert (ends.host, ends.server) == ([raw], [answer])


@pytest.mark.parametrize(
    "identifier", ["1", '"1"', "1.50", "-7", "123456789012345678901234567890", '"\\u0041\\ud800"', "null", "[1]"]
)
def test_ids_of_any_type_pass_as_they_are(ends, identifier):
    call = ends.host_says(f'{{"id":{identifier} ,"method":"tools/list","jsonrpc":"2.0", "x":[1e2]}}'.encode())
    answer = ends.server_says(f'{{"jsonrpc":"2.0","result":{{"tools":[]}}, "id":{identifier}}}'.encode())
    assert (ends.server, ends.host) == ([call], [answer])


def test_answers_to_unknown_ids_are_dropped_on_both_sides(ends):
    ends.host_says({"jsonrpc": "2.0", "id": 99, "result": {"action": "accept"}})
    ends.server_says({"jsonrpc": "2.0", "id": 99, "result": {}})
    assert ends.host == [] and ends.server == []


def test_only_the_first_of_two_answers_to_a_call_passes(ends):
    call = ends.call()
    first = ends.answer(call, {"content": []})
    ends.answer(call, {"content": [1]})
    assert ends.host == [first]


def test_an_id_that_is_in_use_is_refused_and_the_first_call_goes_on(ends):
    ends.host_says({"jsonrpc": "2.0", "id": 5, "method": "tools/list"})
    ends.host_says({"jsonrpc": "2.0", "id": 5.0, "method": "tools/list"})
    assert len(ends.server) == 1
    assert "this id is in use" in ends.host[0].decode()
    answer = ends.answer(5, {"tools": []})
    assert ends.host[1] == answer


def test_an_id_that_the_server_uses_twice_is_dropped(ends):
    ends.ask("ping", {}, 1)
    ends.ask("ping", {}, 1)
    assert len(ends.host) == 1


def test_no_side_opens_requests_without_end(ends):
    for number in range(4100):
        ends.host_says({"jsonrpc": "2.0", "id": number, "method": "tools/list"})
        ends.ask("ping", {}, number)
    assert len(ends.server) == 4096
    assert "too many requests are open" in ends.host[-2].decode() + ends.host[-1].decode()


@pytest.mark.parametrize("tail", [b',"id":%d}', b',"id": "nobody"}'])
def test_an_answer_over_the_limit_ends_its_call(ends, tail):
    call = ends.call()
    head, tail = b'{"jsonrpc":"2.0","result":{"content":"x', tail.replace(b"%d", str(call).encode())
    ends.session.too_large("server", ends, head=head, tail=tail)
    heard = b"".join(ends.host)
    assert (b"at most" in heard) == (str(call).encode() in tail)


def test_a_call_over_the_limit_is_refused_by_its_name(ends):
    ends.session.too_large("host", ends, head=b'{"jsonrpc":"2.0","id":"big","method":"tools/call"', tail=b"xx")
    said = json.loads(ends.host[0])
    assert said["id"] == "big" and "at most" in said["error"]["message"]


async def test_an_ask_too_large_for_the_console_is_not_released(engine, desk):
    ends = engine()
    ends.initialize()
    ends.call()
    ends.clear()
    ends.ask("elicitation/create", FORM | {"message": "x" * 300_000})
    assert (await ends.server_got(within=15))["result"] == {"action": "cancel"}
    assert ends.host == []


@pytest.mark.parametrize("method", ["elicitation/create", "sampling/createMessage", "tools/call"])
def test_an_ask_without_an_id_is_no_way_around(ends, method):
    ends.server_says({"jsonrpc": "2.0", "method": method, "params": FORM})
    assert ends.host == []


async def test_a_tool_call_without_an_id_is_no_way_around(engine):
    ends = engine(hold=("refund",))
    ends.host_says({"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "refund", "arguments": {}}})
    ends.host_says({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "look", "Name": "refund"}})
    assert ends.server == []
