"""A gate process that is killed while people decide: what it left is withdrawn, or taken up, by the next one."""

import json
import signal
import sys

import pytest

from .child import Gate

#: A modern server that asks before it refunds, and says how many first legs it ran.
SERVER = """
import json, sys
form = {"message": "Refund?", "requestedSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}
legs = 0
for line in sys.stdin:
    message = json.loads(line)
    params = message["params"]
    if "inputResponses" in params:
        text = json.dumps([legs, params["inputResponses"]["confirm"]["action"], params["requestState"]])
        result = {"resultType": "complete", "content": [{"type": "text", "text": text}]}
    else:
        legs += 1
        asks = {"confirm": {"method": "elicitation/create", "params": form}}
        result = {"resultType": "input_required", "inputRequests": asks, "requestState": "s-1"}
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
}


def call(number: int) -> dict:
    params = {"name": "refund", "arguments": {"order": "A1"}, "_meta": META}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@pytest.fixture
async def gate(console, token, jwks, owners, tmp_path):
    """`gate(*words)`: one more process with the same state file."""
    pin = tmp_path / "pin.json"
    pin.write_text(json.dumps(jwks))
    told = {"PLACET_URL": console, "PLACET_TOKEN": token, "PLACET_PIN": str(pin)}
    every = []

    async def run(*words: str) -> Gate:
        state = ("--state", str(tmp_path / "gate.db"))
        every.append(await Gate.open(*state, *words, server=(sys.executable, "-c", SERVER), **told))
        return every[-1]

    yield run
    for one in every:
        await one.close()


async def test_asks_of_a_killed_gate_are_withdrawn_by_the_next_one(gate, desk):
    first = await gate()
    first.says(call(1))
    ask = await desk.asked("elicitation_form")
    first.process.send_signal(signal.SIGKILL)
    await first.process.wait()
    await gate()
    await desk.becomes(ask, "withdrawn")


async def test_a_parked_call_outlives_a_killed_gate_and_its_first_leg_is_not_run_again(gate, desk):
    first = await gate("--park-after", "0.3")
    first.says(call(1))
    assert b"Pending approval" in await first.hears()
    first.process.send_signal(signal.SIGKILL)
    await first.process.wait()
    await desk.decide("elicitation_form", "deny")
    second = await gate("--park-after", "0.3")
    second.says(call(2))
    said = json.loads(await second.hears())
    assert (said["id"], json.loads(said["result"]["content"][0]["text"])) == (2, [0, "decline", "s-1"])


async def test_a_host_that_closes_its_end_takes_its_asks_with_it(gate, desk):
    first = await gate()
    first.says(call(1))
    ask = await desk.asked("elicitation_form")
    first.process.stdin.close()
    await desk.becomes(ask, "withdrawn")
    assert (await first.ends())[0] == 0


async def test_a_terminated_gate_takes_its_asks_with_it(gate, desk):
    first = await gate()
    first.says(call(1))
    ask = await desk.asked("elicitation_form")
    first.process.send_signal(signal.SIGTERM)
    await desk.becomes(ask, "withdrawn")
    assert (await first.ends())[0] == 128 + signal.SIGTERM


async def test_the_server_that_dies_while_an_owner_thinks_ends_the_call_readably(gate, desk):
    first = await gate("--hold", "tools/call")
    first.says(call(1))
    ask = await desk.asked("tool_call")
    children = f"/proc/{first.process.pid}/task/{first.process.pid}/children"
    with open(children) as numbers:
        import os

        os.kill(int(numbers.read().split()[0]), signal.SIGKILL)
    said = json.loads(await first.hears())
    assert (said["id"], "signal 9" in said["result"]["content"][0]["text"]) == (1, True)
    await desk.becomes(ask, "withdrawn")
    assert (await first.ends())[0] == 128 + signal.SIGKILL
