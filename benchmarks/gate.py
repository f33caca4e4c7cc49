"""`python -m benchmarks.gate [--seconds S] [--runs N]`: what the gate costs over stdio, beside the same without it.

A host of few words and a server of few words exchange `tools/call` messages that nobody holds. Each run measures both
ways in turns, so that both meet the same weather: how long one round trip takes when nothing else happens, how many a
second one host gets through, whether 200 a second are kept up, and how memory grows while it goes on. Nothing asks a
console: there is none.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SERVER = """
import sys
read, write = sys.stdin.buffer.readline, sys.stdout.buffer
while line := read():
    number = line[line.index(b'"id":') + 5 : line.index(b',"method"')]
    text = b'{"type":"text","text":"%b"}' % (b"x" * 400)
    write.write(b'{"jsonrpc":"2.0","id":%b,"result":{"content":[%b]}}\\n' % (number, text))
    write.flush()
"""
GATE = [sys.executable, "-m", "placet", "gate", "--url", "http://127.0.0.1:9", "--pin", "first-use", "--"]
SDK = Path(__file__).parents[1] / "sdk"
TARGET_MS, TARGET_RATE = 1.0, 200


@dataclass
class Figures:
    """`alone` and `paced` are milliseconds of one round trip, `rate` is round trips a second, `slope` kB a minute."""

    alone: float
    rate: float
    paced: float
    kept: float
    slope: float | None = None


class Host:
    """One process that is spoken to, a server or a gate in front of one."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._number = 0

    @classmethod
    async def start(cls, *, gated: bool) -> "Host":
        command = [*(GATE if gated else []), sys.executable, "-c", SERVER]
        pipe = asyncio.subprocess.PIPE
        env = {**os.environ, "PLACET_TOKEN": "plc_1_x", "PYTHONPATH": str(SDK)}
        host = cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, env=env))
        await host.trip()
        return host

    def ask(self) -> None:
        self._number += 1
        params = {"name": "look", "arguments": {"order": f"A{self._number}", "note": "y" * 200}}
        said = json.dumps(params, separators=(",", ":"))
        message = f'{{"jsonrpc":"2.0","id":{self._number},"method":"tools/call","params":{said}}}\n'
        self.process.stdin.write(message.encode())

    async def trip(self) -> float:
        began = time.perf_counter()
        self.ask()
        await self.process.stdout.readline()
        return time.perf_counter() - began

    async def alone(self, seconds: float) -> float:
        until, took = time.perf_counter() + seconds, []
        while time.perf_counter() < until:
            took.append(await self.trip())
        return statistics.median(took) * 1000

    async def rate(self, seconds: float, window: int = 32) -> float:
        """With so many requests under way at once."""
        began, done = time.perf_counter(), 0
        for _ in range(window):
            self.ask()
        while time.perf_counter() - began < seconds:
            await self.process.stdout.readline()
            done += 1
            self.ask()
        for _ in range(window):
            await self.process.stdout.readline()
        return done / (time.perf_counter() - began)

    async def paced(self, seconds: float, rate: int) -> tuple[float, float]:
        """At a fixed pace: the median round trip, and the share of the pace that was kept."""
        began, took, number = time.perf_counter(), [], 0
        while (now := time.perf_counter()) - began < seconds:
            if (wait := began + number / rate - now) > 0:
                await asyncio.sleep(wait)
            number += 1
            took.append(await self.trip())
        return statistics.median(took) * 1000, number / seconds / rate

    def resident(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1])

    async def stop(self) -> None:
        self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), 10)


async def run(seconds: float, *, gated: bool) -> Figures:
    host = await Host.start(gated=gated)
    try:
        alone, rate = await host.alone(seconds), await host.rate(seconds)
        paced, kept = await host.paced(seconds, TARGET_RATE)
        return Figures(alone, rate, paced, kept)
    finally:
        await host.stop()


async def slope(seconds: float) -> tuple[float, int]:
    """How the gate's memory grows under full load, in kB a minute by least squares, and messages it carried."""
    host = await Host.start(gated=True)
    try:
        await host.rate(seconds / 4)  # until it has what it needs
        points, began, carried = [], time.perf_counter(), 0.0
        while time.perf_counter() - began < seconds:
            carried += 2 * await host.rate(0.5) * 0.5
            points.append(((time.perf_counter() - began) / 60, host.resident()))
        return statistics.linear_regression(*zip(*points, strict=True)).slope, int(carried)
    finally:
        await host.stop()


async def measure(seconds: float, runs: int) -> None:
    direct, gated = [], []
    for _ in range(runs):
        direct.append(await run(seconds, gated=False))
        gated.append(await run(seconds, gated=True))
    grown, carried = await slope(seconds * 4)
    print(f"{runs} runs of {seconds} s; medians; {os.cpu_count()} cores shared by host, gate and server\n")
    print("| over stdio | direct | gated | cost | wanted |\n|---|---|---|---|---|")
    _row("round trip, p50, ms", direct, gated, "alone", f"<= {TARGET_MS} ms more")
    _row(f"round trip at {TARGET_RATE}/s, p50, ms", direct, gated, "paced", f"<= {TARGET_MS} ms more")
    _row("round trips/s, 32 under way", direct, gated, "rate", f">= {TARGET_RATE}")
    kept = statistics.median(one.kept for one in gated)
    print(f"| share of {TARGET_RATE}/s kept | | {kept:.2f} | | 1.00 |")
    print(f"| memory, kB a minute, {carried} messages | | {grown:+.0f} | | flat |")


def _row(name: str, direct: list[Figures], gated: list[Figures], figure: str, wanted: str) -> None:
    one, other = (statistics.median(getattr(each, figure) for each in side) for side in (direct, gated))
    cost = f"{other / one:.2f} x" if figure == "rate" else f"{other - one:+.3f} ({other / one:.2f} x)"
    print(f"| {name} | {one:.3f} | {other:.3f} | {cost} | {wanted} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one stretch")
    parser.add_argument("--runs", type=int, default=3)
    told = parser.parse_args()
    asyncio.run(measure(told.seconds, told.runs))
