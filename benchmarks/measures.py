"""The measures. Each takes a running stack and gives a Tally or times in seconds."""

import asyncio
import itertools
import json
import subprocess
import time
from collections.abc import Awaitable, Callable
from secrets import token_urlsafe
from typing import Any

import redis
from placet import envelopes
from placet.receipts import Expected, FileSigner, Pin, check

from .load import Tally, Wire, ask, sustain
from .stack import Stack

_numbers = itertools.count()


async def submissions(stack: Stack, *, concurrency: int, seconds: float) -> Tally:
    """Asks a second that are on record when the answer comes."""

    async def one(wire: Wire) -> None:
        await wire.submit(json.dumps(ask(next(_numbers))).encode())

    return await _with_wires(stack, concurrency, lambda wires: sustain(one, wires, seconds=seconds))


async def bare(stack: Stack, path: str, *, concurrency: int, seconds: float) -> Tally:
    """The same client and bodies against `benchmarks.bare`."""

    async def one(wire: Wire) -> None:
        status, _ = await wire.call("POST", path, json.dumps(ask(next(_numbers))).encode(), key="k")
        assert status == 200

    return await _with_wires(stack, concurrency, lambda wires: sustain(one, wires, seconds=seconds))


async def round_trips(stack: Stack, decider: "Decider", *, concurrency: int, seconds: float) -> Tally:
    """Submitted, decided by a script through the page's verb, and the submitter holds the receipt, verified."""
    pin = await _pin(stack)

    async def one(wire: Wire) -> None:
        value = ask(next(_numbers))
        action_id = await wire.submit(json.dumps(value).encode())
        decider.decide(action_id)
        _verify((await wire.decided(action_id))["receipt"], pin, value, action_id)

    return await _with_wires(stack, concurrency, lambda wires: sustain(one, wires, seconds=seconds))


async def wakings(stack: Stack, decider: "Decider", *, waiting: int, decisions: int) -> dict[str, list[float]]:
    """Seconds from a verdict to the submitter's answer, one after another, while `waiting` polls are parked."""

    async def run(wires: list[Wire]) -> dict[str, list[float]]:
        ids = []
        for start in range(0, len(wires), 64):
            asks = (wire.submit(json.dumps(ask(next(_numbers))).encode()) for wire in wires[start : start + 64])
            ids += await asyncio.gather(*asks)
        arrived: dict[str, float] = {}

        async def park(wire: Wire, action_id: str) -> None:
            await wire.decided(action_id)
            arrived[action_id] = time.monotonic()

        polls = [asyncio.create_task(park(*pair)) for pair in zip(wires, ids, strict=True)]
        await asyncio.sleep(2)
        told = {action_id: await decider.decided(action_id) for action_id in ids[:decisions]}
        for action_id in ids[decisions:]:
            decider.decide(action_id)
        await asyncio.gather(*polls)
        return {
            "handed in": [arrived[action_id] - begun for action_id, (begun, _) in told.items()],
            "durable": [max(0.0, arrived[action_id] - ended) for action_id, (_, ended) in told.items()],
        }

    return await _with_wires(stack, waiting, run)


def queued(stack: Stack, *, count: int) -> float:
    """Asks a second from the queue onto record: the console's own worker reads the stream."""
    sealed = _sealed(stack, count)
    with redis.Redis.from_url(stack.redis_url) as client:
        begun = time.perf_counter()
        for start in range(0, count, 500):
            with client.pipeline(transaction=False) as pipe:
                for envelope in sealed[start : start + 500]:
                    pipe.xadd("placet.intake", {"envelope": envelope})
                pipe.execute()
        _until(lambda: client.xlen("placet.intake") == 0)
        ended = time.perf_counter()
        assert not client.xlen("placet.intake.dead")
    return count / (ended - begun)


def queued_each(stack: Stack, *, count: int) -> float:
    """The same with a Celery task for each, in two processes; published one after another over one connection."""
    stack.start("each", *EACH)
    sealed = [envelope.decode() for envelope in _sealed(stack, count + WARM)]
    with redis.Redis.from_url(stack.redis_url) as client:
        client.delete(DONE)
        _publish(stack, sealed[:WARM])
        _until(lambda: int(client.get(DONE) or 0) == WARM)
        begun = time.perf_counter()
        _publish(stack, sealed[WARM:])
        _until(lambda: int(client.get(DONE)) == count + WARM)
        ended = time.perf_counter()
    stack.stop("each")
    return count / (ended - begun)


DONE, WARM = "benchmarks.done", 20
EACH = ("-m", "celery", "-A", "benchmarks.each", "worker", "--concurrency", "2", "--loglevel", "ERROR")
EACH += ("--without-gossip", "--without-mingle", "--without-heartbeat")


class Decider:
    """The script that decides, in a process of its own."""

    def __init__(self, stack: Stack) -> None:
        self._child = stack.start("decider", "-m", "benchmarks.decider", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._child.stdout.readline() == b"ready\n"

    def decide(self, action_id: str) -> None:
        self._child.stdin.write(f"{action_id}\n".encode())
        self._child.stdin.flush()

    async def decided(self, action_id: str) -> tuple[float, float]:
        """Decide, and return when the verdict was handed in and when it was durable."""
        self.decide(f"tell {action_id}")
        begun, ended = (await asyncio.to_thread(self._child.stdout.readline)).split()
        return float(begun), float(ended)


async def _with_wires[Result](stack: Stack, count: int, work: Callable[[list[Wire]], Awaitable[Result]]) -> Result:
    wires = [await Wire.open(stack.port, stack.token) for _ in range(count)]
    try:
        return await work(wires)
    finally:
        for wire in wires:
            wire.close()


async def _pin(stack: Stack) -> Pin:
    wire = await Wire.open(stack.port, stack.token)
    _, body = await wire.call("GET", "/.well-known/jwks.json")
    wire.close()
    return Pin(json.loads(body), issuer=f"http://127.0.0.1:{stack.port}")


def _verify(receipt: str, pin: Pin, value: dict[str, Any], action_id: str) -> None:
    effective = {"method": value["mcp"]["method"], "params": value["mcp"]["params"]}
    expect = Expected(
        audience="urn:placet:server:shop",
        kind="tool_call",
        effective=effective,
        action=action_id,
        nonce=value["nonce"],
    )
    check(receipt.encode(), pin=pin, expect=expect, now=time.time())


def _sealed(stack: Stack, count: int) -> list[bytes]:
    key, at = FileSigner.load(stack.key), int(time.time())
    claims = {"iss": "urn:placet:server:shop", "aud": f"http://127.0.0.1:{stack.port}", "iat": at, "exp": at + 3600}
    return [
        envelopes.seal(
            claims | {"jti": token_urlsafe(16), "key": token_urlsafe(9), "ask": ask(next(_numbers))},
            typ="placet-envelope+jwt",
            signer=key,
        )
        for _ in range(count)
    ]


def _publish(stack: Stack, sealed: list[str]) -> None:
    from celery import Celery

    app = Celery("each", broker=f"{stack.redis_url.rpartition('/')[0]}/1")
    with app.pool.acquire(block=True) as connection, app.amqp.Producer(connection) as producer:
        for envelope in sealed:
            app.send_task("benchmarks.admit", [envelope], producer=producer, ignore_result=True)


def _until(holds: Callable[[], bool], *, limit: float = 120) -> None:
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("it took too long")
        time.sleep(0.005)
