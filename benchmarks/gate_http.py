"""What the gate costs over Streamable HTTP: the same server asked directly and through the gate, in turns, in one run.

    python -m benchmarks.gate_http [--seconds 10] [--json]

Nothing here is held, so no console is needed. Client, gate and server share the machine's cores, so load on one of them
shows in all; figures of one run belong together. Times are those of a whole call: POST to the last byte of its answer.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2

LEGACY, MODERN = "2025-11-25", "2026-07-28"
ACCEPT = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
SESSIONS, RATE = 50, 200
WARM_UP, CALLS, ROUNDS = 50, 300, 3


def serve(descriptor: int) -> None:
    """The server, in its own process: one tool of the official package."""
    import uvicorn
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("echo", log_level="ERROR")
    server.tool(name="echo")(lambda text: text)
    config = uvicorn.Config(server.streamable_http_app(), log_level="error", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


class Host:
    """One host in front of one URL, as bare as a client can be."""

    def __init__(self, url: str, era: str) -> None:
        self._url, self._era = url, era
        self._headers = ACCEPT | {"mcp-protocol-version": era}
        self._ids = iter(range(1, 1_000_000))

    async def open(self) -> None:
        self._http = httpx2.AsyncClient(timeout=30)
        if self._era == LEGACY:
            client = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
            answer = await self._post("initialize", client)
            self._headers["mcp-session-id"] = answer.headers["mcp-session-id"]

    async def close(self) -> None:
        await self._http.aclose()

    async def call(self) -> float:
        """One tool call; its seconds."""
        params: dict[str, Any] = {"name": "echo", "arguments": {"text": "hello"}}
        headers = {}
        if self._era == MODERN:
            meta = {"protocolVersion": MODERN, "clientCapabilities": {}}
            params["_meta"] = {f"io.modelcontextprotocol/{name}": value for name, value in meta.items()}
            headers = {"mcp-method": "tools/call", "mcp-name": "echo"}
        began = time.perf_counter()
        answer = await self._post("tools/call", params, headers)
        took = time.perf_counter() - began
        assert answer.status_code == 200 and "hello" in answer.text, answer.text
        return took

    async def _post(self, method: str, params: dict[str, Any], headers: dict[str, str] | None = None) -> Any:
        message = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        return await self._http.post(self._url, json=message, headers=self._headers | (headers or {}))


@contextlib.asynccontextmanager
async def hosts(url: str, era: str, count: int) -> AsyncIterator[list[Host]]:
    found = [Host(url, era) for _ in range(count)]
    for host in found:
        await host.open()
    try:
        yield found
    finally:
        await asyncio.gather(*(host.close() for host in found))


async def latency(url: str, era: str) -> list[float]:
    """One call after another."""
    async with hosts(url, era, 1) as [host]:
        for _ in range(WARM_UP):
            await host.call()
        return [await host.call() for _ in range(CALLS)]


async def sustained(url: str, era: str, *, seconds: float) -> tuple[float, list[float]]:
    """Calls of many sessions at a fixed rate, whether or not earlier ones are answered; calls a second, and times."""
    async with hosts(url, era, SESSIONS) as everybody:
        tasks, began = [], time.perf_counter()
        for number in range(int(RATE * seconds)):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            tasks.append(asyncio.create_task(everybody[number % SESSIONS].call()))
        times = list(await asyncio.gather(*tasks))
        return len(times) / (time.perf_counter() - began), times


@contextlib.contextmanager
def running() -> Iterator[tuple[str, str, int]]:
    """A server and a gate in front of it: both URLs, and the gate's process id."""
    with contextlib.ExitStack() as stack:
        server, port = stack.enter_context(_bound())
        fd = server.fileno()
        program = [sys.executable, "-m", "benchmarks.gate_http", "--serve", str(fd)]
        stack.enter_context(_process(program, port, pass_fds=[fd]))
        with _bound() as (_, listen):
            pass
        upstream = f"http://127.0.0.1:{port}/mcp"
        words = ["--url", "http://127.0.0.1:9", "--pin", "first-use", "--upstream", upstream]
        program = [sys.executable, "-m", "placet", "gate", *words, "--listen", f"127.0.0.1:{listen}"]
        env = os.environ | {"PLACET_TOKEN": "plc_1_none", "PYTHONPATH": str(Path(__file__).parents[1] / "sdk")}
        gate = stack.enter_context(_process(program, listen, env=env, stderr=subprocess.DEVNULL))
        yield upstream, f"http://127.0.0.1:{listen}/mcp", gate.pid


@contextlib.contextmanager
def _bound() -> Iterator[tuple[socket.socket, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock, sock.getsockname()[1]


@contextlib.contextmanager
def _process(program: list[str], port: int, **how: Any) -> Iterator[subprocess.Popen]:
    process = subprocess.Popen(program, **how)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{program[2:4]} did not start")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(15)


def memory(pid: int) -> float:
    """Resident megabytes of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def cpu(pid: int) -> float:
    """Processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(times: list[float], part: float) -> float:
    return statistics.quantiles(times, n=1000)[int(part * 1000) - 1] * 1000


async def measured(direct: str, gated: str, pid: int, *, seconds: float) -> dict[str, Any]:
    """Both ways in turns, so that a busy moment of the machine does not count for one of them alone."""
    found: dict[str, Any] = {}
    for era in (LEGACY, MODERN):
        rounds = [(await latency(direct, era), await latency(gated, era)) for _ in range(ROUNDS)]
        plain, through = ([time for each in way for time in each] for way in zip(*rounds, strict=True))
        found[era] = {
            "direct_ms": [milliseconds(plain, part) for part in (0.5, 0.99)],
            "gated_ms": [milliseconds(through, part) for part in (0.5, 0.99)],
            "cost_p50_ms": milliseconds(through, 0.5) - milliseconds(plain, 0.5),
        }
        before, busy = memory(pid), cpu(pid)
        rate, times = await sustained(gated, era, seconds=seconds)
        found[era]["sustained"] = {
            "rate": rate, "ms": [milliseconds(times, part) for part in (0.5, 0.99)],
            "gate_cpu": (cpu(pid) - busy) / (len(times) / rate), "gate_mb": [before, memory(pid)],
        }  # fmt: skip
    return found


def report(found: dict[str, Any]) -> str:
    head = (
        "era",
        "direct p50 / p99 ms",
        "gated p50 / p99 ms",
        "cost p50 ms",
        "50 sessions: calls/s, p50 / p99 ms",
        "gate",
    )
    lines = [head, ("---",) * len(head)]
    for era, told in found.items():
        many, pair = told["sustained"], "{0[0]:.2f} / {0[1]:.2f}".format
        gate = f"{many['gate_cpu']:.2f} cores, {many['gate_mb'][0]:.0f} -> {many['gate_mb'][1]:.0f} MB"
        cost, rate = f"{told['cost_p50_ms']:.2f}", f"{many['rate']:.0f}, {pair(many['ms'])}"
        lines.append((era, pair(told["direct_ms"]), pair(told["gated_ms"]), cost, rate, gate))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="how long many sessions call at once")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve is not None:
        serve(given.serve)
        return
    with running() as (direct, gated, pid):
        found = asyncio.run(measured(direct, gated, pid, seconds=given.seconds))
    print(json.dumps(found) if given.json else report(found))


if __name__ == "__main__":
    main()
