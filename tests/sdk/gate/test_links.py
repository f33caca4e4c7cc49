"""The error -32042: links that are to be opened before the host calls again. Released, it passes; else it does not."""

import json

import pytest

from .ends import LINK

FIRST = LINK | {"elicitationId": "e1"}
SECOND = LINK | {"elicitationId": "e2", "url": "https://bank.example.test/a2"}


def demanded(ends, call, *links) -> bytes:
    error = {"code": -32042, "message": "Open these first", "data": {"elicitations": list(links), "more": [1.0]}}
    return ends.server_says({"jsonrpc": "2.0", "id": call, "error": error})


async def test_a_released_link_reaches_the_host_in_the_servers_own_bytes(engine, desk):
    ends = engine()
    ends.initialize()
    raw = demanded(ends, ends.call(), FIRST)
    ask = await desk.asked("elicitation_url")
    assert ends.host == []
    await desk.says(ask)
    await ends.host_got()
    assert ends.host == [raw]
    assert ask["params"]["url"] == FIRST["url"]


async def test_a_released_link_may_lead_over_the_consoles_connect_page(engine, desk):
    ends = engine(connect="https://console.example.test")
    ends.initialize()
    demanded(ends, ends.call(), FIRST)
    ask = await desk.decide("elicitation_url")
    (link,) = (await ends.host_got())["error"]["data"]["elicitations"]
    assert link == FIRST | {"url": f"https://console.example.test/connect/{ask['id']}/"}


async def test_a_link_that_is_denied_never_reaches_the_host(engine, desk):
    ends = engine()
    ends.initialize()
    call = ends.call()
    demanded(ends, call, FIRST)
    await desk.decide("elicitation_url", "deny", note="Not this bank.")
    said = await ends.host_got()
    assert (said["id"], said["result"]["isError"]) == (call, True)
    assert "Not this bank." in said["result"]["content"][0]["text"]
    assert FIRST["url"] not in json.dumps(said)


async def test_only_the_released_of_several_links_pass(engine, desk):
    ends = engine()
    ends.initialize()
    demanded(ends, ends.call(), FIRST, SECOND)
    asks = await desk.all_asked("elicitation_url", count=2)
    for ask in asks:
        await desk.says(ask, "approve" if ask["params"]["elicitationId"] == "e2" else "deny")
    data = (await ends.host_got())["error"]["data"]
    assert data == {"elicitations": [SECOND], "more": [1.0]}


@pytest.mark.parametrize("code", ["-32042", "-32042.0", "-3.2042e4", '"-32042"', "1"])
async def test_the_code_is_recognised_however_it_is_written(engine, desk, code):
    ends = engine()
    ends.initialize()
    call = ends.call()
    data = json.dumps({"elicitations": [FIRST]})
    ends.server_says(f'{{"jsonrpc":"2.0","id":{call},"error":{{"code":{code},"message":"x","data":{data}}}}}'.encode())
    await desk.asked("elicitation_url")
    assert ends.host == []


@pytest.mark.parametrize("links", [None, 7, [], ["x"], [{"mode": "form"}], [FIRST] * 33])
async def test_a_demand_of_no_known_form_fails_closed(engine, links):
    ends = engine()
    ends.initialize()
    error = {"code": -32042, "message": "x", "data": {"elicitations": links}}
    ends.server_says({"jsonrpc": "2.0", "id": ends.call(), "error": error})
    assert "does not pass the gate" in json.dumps(await ends.host_got())
