"""The stdio transport: a child process whose bytes pass as they are, with its exit code, its signals and its limits."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .child import SDK, SERVER, Gate


@pytest.fixture
async def gate():
    gate = await Gate.open()
    yield gate
    await gate.close()


async def test_what_passes_is_the_same_bytes_both_ways(gate):
    raw = '{"id" : 1.0, "method":"x","params":{"a":[1.50,2e3,"\\u00fc ü"],"b" : null},\t"jsonrpc":"2.0"} \r\n'.encode()
    gate.says(raw)
    line = await gate.hears()
    assert line.startswith(b'{ "jsonrpc":"2.0" , "id":1.0, "result"')
    assert json.loads(line)["result"]["got"].encode() == raw


async def test_order_is_kept_among_many(gate):
    for number in range(500):
        gate.says({"jsonrpc": "2.0", "id": number, "method": "x"})
    assert [json.loads(await gate.hears())["id"] for _ in range(500)] == list(range(500))


async def test_a_message_may_arrive_in_pieces(gate):
    raw = b'{"jsonrpc":"2.0","id":1,"method":"x"}\n{"jsonrpc":"2.0","id":2,"method":"x"}\n'
    for byte in range(0, len(raw), 7):
        gate.says(raw[byte : byte + 7])
        await asyncio.sleep(0.005)
    assert [json.loads(await gate.hears())["id"] for _ in range(2)] == [1, 2]


async def test_the_exit_code_of_the_server_is_ours(gate):
    gate.tells("exit", code=3)
    assert (await gate.ends())[0] == 3


async def test_a_server_that_a_signal_ended_is_told_as_shells_do(gate):
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    await gate.hears()
    gate.tells("die")
    assert (await gate.ends())[0] == 128 + signal.SIGKILL


async def test_signals_reach_the_server(gate):
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    await gate.hears()
    gate.process.send_signal(signal.SIGUSR1)
    assert b"signal/10" in await gate.hears()
    gate.process.send_signal(signal.SIGTERM)
    assert b"signal/15" in await gate.hears()
    assert (await gate.ends())[0] == 7


async def test_a_host_that_leaves_ends_the_server_after_its_last_answers(gate):
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    gate.process.stdin.write_eof()
    assert json.loads(await gate.hears())["id"] == 1
    assert (await gate.ends())[0] == 0


async def test_standard_error_is_the_servers_own_and_output_is_protocol_alone(gate):
    gate.tells("warn", text="careful: ü")
    gate.tells("say", text="listening on port 80\n")
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    assert json.loads(await gate.hears())["id"] == 1
    _, said = await gate.ends()
    assert "careful: ü\n" in said
    assert "no message" in said


async def test_the_environment_passes_without_our_secrets():
    gate = await Gate.open(SHOP_KEY="sk-1", PLACET_TOKEN="plc_1_secret")
    try:
        gate.says({"jsonrpc": "2.0", "id": 1, "method": "environment"})
        seen = json.loads(await gate.hears())["result"]
    finally:
        await gate.close()
    assert (seen["SHOP_KEY"], seen["PLACET_URL"]) == ("sk-1", "http://127.0.0.1:9")
    assert "plc_1_secret" not in json.dumps(seen)


async def test_half_a_message_is_dropped_and_told(gate):
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    await gate.hears()
    gate.tells("say", text='{"jsonrpc":"2.0","id":2,"resu')
    gate.says(b'{"jsonrpc":"2.0","id":3,"meth')
    _, said = await gate.ends()
    assert "the host left in the middle of a message" in said
    assert "the server ended in the middle of a message" in said


async def test_messages_over_the_limit_are_refused_by_name_in_bounded_memory():
    gate = await Gate.open("--max-message", "1000000")
    try:
        gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
        await gate.hears()
        before = _resident(gate.process.pid)
        gate.says(b'{"jsonrpc":"2.0","id":"big","method":"x","params":"' + b"x" * 20_000_000 + b'"}\n')
        said = json.loads(await gate.hears())
        assert said["id"] == "big" and "at most 1000000 bytes" in said["error"]["message"]
        gate.says({"jsonrpc": "2.0", "id": 7, "method": "quiet"})
        gate.tells("large", id=7, bytes=20_000_000)
        said = json.loads(await gate.hears())
        assert said["id"] == 7 and "at most 1000000 bytes" in json.dumps(said)
        gate.says({"jsonrpc": "2.0", "id": 8, "method": "x"})
        assert json.loads(await gate.hears())["id"] == 8
        assert _resident(gate.process.pid) - before < 12_000
    finally:
        await gate.close()


async def test_the_limit_is_ten_megabytes_unless_told_otherwise(gate):
    gate.says(b'{"jsonrpc":"2.0","id":1,"method":"x","params":["' + b"x" * 9_000_000 + b'"]}\n')
    assert json.loads(await gate.hears(within=30))["id"] == 1
    gate.says(b'{"jsonrpc":"2.0","id":2,"method":"x","params":["' + b"x" * 20_000_000 + b'"]}\n')
    assert "at most 10485760 bytes" in (await gate.hears()).decode()


async def test_a_host_that_reads_slowly_makes_the_server_wait_and_not_our_memory_grow(gate):
    gate.says({"jsonrpc": "2.0", "id": 1, "method": "x"})
    await gate.hears()
    before = _resident(gate.process.pid)
    gate.process.stdout._transport.pause_reading()
    for number in range(2, 62):
        gate.says({"jsonrpc": "2.0", "id": number, "method": "quiet"})
        gate.tells("large", id=number, bytes=1_000_000)
    await asyncio.sleep(1.5)
    grown = _resident(gate.process.pid) - before
    gate.process.stdout._transport.resume_reading()
    for _ in range(60):
        await gate.hears()
    assert grown < 20_000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--pin", "first-use"], "say what stands behind the gate"),
        (["--pin", "first-use", "--", "/nonexistent/server"], "there is no command"),
        (["--", "true"], "say whose receipts count"),
        (["--pin", "first-use", "--hold", "prompts/get", "--", "true"], "only tools/call can be held"),
        (["--pin", "/nonexistent.json", "--", "true"], "No such file"),
    ],
)
def test_a_wrong_call_says_what_is_wrong_and_starts_nothing(words, why):
    command = [sys.executable, "-m", "placet", "gate", "--url", "http://127.0.0.1:9", *words]
    env = {"PYTHONPATH": str(SDK), "PLACET_TOKEN": "plc_1_x", "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, env=env, check=False)
    assert ended.returncode == 2
    assert why in ended.stderr
    assert ended.stdout == ""


def test_input_may_come_from_a_file_or_from_nowhere(tmp_path):
    """A service, or a container without -i, has /dev/null: the gate ends as it does when its host leaves."""
    given = tmp_path / "in"
    given.write_text('{"jsonrpc":"2.0","id":1,"method":"x"}\n')
    command = [sys.executable, "-m", "placet", "gate", "--url", "http://127.0.0.1:9", "--pin", "first-use"]
    env = {"PYTHONPATH": str(SDK), "PLACET_TOKEN": "plc_1_x"}
    with given.open() as source, (tmp_path / "out").open("w") as out:
        words = [*command, "--", sys.executable, str(SERVER)]
        subprocess.run(words, stdin=source, stdout=out, timeout=20, env=env, check=True)
        ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, env=env, check=True)
    assert json.loads((tmp_path / "out").read_text())["id"] == 1
    assert b"Traceback" not in ended.stderr


def _resident(pid: int) -> int:
    """Kilobytes."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1])
