"""The demo's host: a real MCP client whose server keeps asking for things, each of which waits for an owner.

    python -m approvals.demo.agent var/demo.json             # --together: its server in this process, 75 MB less;
                                                             # --past: three weeks of decisions first
    python -m approvals.demo.agent --url http://127.0.0.1:8000 --pin jwks.json      # token in PLACET_TOKEN

In shifts, one after the other in the two eras of the protocol, it calls three tools of `approvals.demo.server`; beside
that it asks for refunds and payouts of its own. At most six asks wait at once. No language model is connected, and it
says so. Nothing is really paid: what an approval allows is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp.client.stdio import StdioServerParameters
from mcp.server.mcpserver import MCPServer
from mcp_types import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitRequestParams,
    ElicitResult,
    TextContent,
)  # fmt: skip
from placet import AsyncConsole, NotApproved
from placet.mcp import Guard

from config import memory

SESSION, SUBJECT = "shop-desk-demo", "dana@example.org"
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28"}
TICKETS = ["T-512", "T-513", "T-514", "T-515", "T-516", "T-517", "T-518"]
REASONS = ["The parcel never arrived.", "Two of three cups arrived broken.", "The order came twice.", "Wrong colour."]
SUPPLIERS = {
    "Atelier Brandt": "DE89370400440532013000",
    "Lumen AS": "NO9386011117947",
    "Kyoto Wares": "GB29NWBK60161331926819",
}
NO_MODEL = (
    "No language model is connected to this demo. An owner allowed the question; a real host would now answer it."
)
#: Seconds without news from the console before a call gives up: longer than any restart of it.
PATIENCE = 3600.0
#: Seconds between two errands of one kind; the pause grows while nobody decides, so an idle demo stays quiet.
PAUSE, LONGEST_PAUSE = 2.0, 900.0
TIMEOUT = "20m"

#: The MCP server: a program to start and speak to over stdio, or one in this process.
type Desk = StdioServerParameters | MCPServer


async def work(console: AsyncConsole, desk: Desk) -> None:
    """Everything at once, until the process ends."""
    await clear(console)
    guard = Guard(console, subject=SUBJECT, session=SESSION, timeout=TIMEOUT)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(for_ever("shift", shifts(guard, desk)))
        tasks.create_task(for_ever("refund", errands(console, "refund", refunds())))
        tasks.create_task(for_ever("payout", errands(console, "payout", payouts())))


async def tell_past() -> None:
    """In a process of its own: what it takes to write three weeks is given back when they are written."""
    process = await asyncio.create_subprocess_exec(sys.executable, "manage.py", "demo", "--past")
    say("past", "told" if await process.wait() == 0 else "not told whole; the next start goes on with it")


async def clear(console: AsyncConsole) -> None:
    """Take back what an earlier run of this demo left waiting: nobody would act on it any more."""
    async for action in console.actions(session=SESSION, state="pending"):
        say("start", f"takes {action['id']} back, left by an earlier run")
        await console.withdraw(action["id"])


async def for_ever(name: str, turns: Iterator[Callable[[], Awaitable[bool]]]) -> None:
    """One turn after the other. A turn returns whether somebody decided something; whatever it raises is told."""
    pause = PAUSE
    for turn in turns:
        try:
            decided = await turn()
        except Exception as error:
            say(name, f"ends early: {_reason(error)}")
            decided = False
        pause = PAUSE if decided else min(pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)


def shifts(guard: Guard, desk: Desk) -> Iterator[Callable[[], Awaitable[bool]]]:
    for number, era in enumerate(itertools.cycle(ERAS)):
        yield lambda era=era, number=number: shift(guard, desk, era, number)


async def shift(guard: Guard, desk: Desk, era: str, number: int) -> bool:
    """Three tool calls at once over one connection: a form, a link, and a question to the model."""
    callbacks = {"sampling_callback": guard.sampling(model), "elicitation_callback": guard.elicitation(person)}
    order, ticket, other = f"A-{1100 + number}", _turn(TICKETS, 2 * number), _turn(TICKETS, 2 * number + 1)
    async with Client(desk, mode=era, **callbacks) as client:
        say(ERAS[era], "connected to shop-desk")
        calls = [
            ("close_ticket", {"ticket": ticket}),
            ("confirm_refund", {"order": order}),
            ("draft_reply", {"ticket": other}),
        ]
        return any(await asyncio.gather(*(call(client, era, *each) for each in calls)))


async def call(client: Client, era: str, tool: str, arguments: dict[str, str]) -> bool:
    """One tool call. Its asks wait for owners inside it."""
    said = f"{tool} {' '.join(arguments.values())}"
    say(ERAS[era], f"{said}: called")
    try:
        result = await client.call_tool(tool, arguments)
    except Exception as error:
        say(ERAS[era], f"{said}: refused, {_reason(error)}")
        return "rejected" in _reason(error)
    text = getattr(result.content[0], "text", "") if result.content else ""
    say(ERAS[era], f"{said}: {text}")
    return "(cancel)" not in text


def errands(
    console: AsyncConsole, tool: str, arguments: Iterator[dict[str, Any]]
) -> Iterator[Callable[[], Awaitable[bool]]]:
    for each in arguments:
        yield lambda each=each: errand(console, tool, each)


async def errand(console: AsyncConsole, tool: str, arguments: dict[str, Any]) -> bool:
    """A tool call that the agent itself wants to make: asked, waited for, verified, used once, reported."""
    action = await console.submit(
        kind="tool_call", name=tool, arguments=arguments, subject=SUBJECT, session=SESSION, timeout=TIMEOUT,
        identity={"host": "shop-desk demo"}, claims={"title": f"{tool.capitalize()} {_brief(arguments)}"},
    )  # fmt: skip
    say("direct", f"{tool} {_brief(arguments)}: asked")
    try:
        approved = await console.wait(action)
    except NotApproved as no:
        say("direct", f"{tool} {_brief(arguments)}: {_reason(no)}")
        return getattr(no, "decision", "") == "denied"
    await approved.arun(
        lambda **released: say("direct", f"{tool} {_brief(released)}: done, {', '.join(approved.reviewers)}")
    )
    return True


def refunds() -> Iterator[dict[str, Any]]:
    for number in itertools.count():
        yield {
            "order": f"A-{1043 + number}",
            "amount": 19 + 7 * (number % 9),
            "currency": "EUR",
            "reason": _turn(REASONS, number),
        }


def payouts() -> Iterator[dict[str, Any]]:
    for number in itertools.count():
        supplier = _turn(list(SUPPLIERS), number)
        yield {
            "invoice": f"R-{771 + number}",
            "amount": 840 + 51 * (number % 5),
            "currency": "EUR",
            "supplier": supplier,
            "iban": SUPPLIERS[supplier],
        }


async def model(context: ClientRequestContext, params: CreateMessageRequestParams) -> CreateMessageResult:
    """The host's model: there is none."""
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text=NO_MODEL), model="none")


async def person(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """The host's user, who takes what a released form proposes, and is shown a released link."""
    if not isinstance(params, ElicitRequestFormParams):
        say("host", f"would now show {SUBJECT} the released link {params.url}")
        return ElicitResult(action="accept")
    fields = params.requested_schema.get("properties", {})
    return ElicitResult(
        action="accept", content={name: rule["default"] for name, rule in fields.items() if "default" in rule}
    )


def say(who: str, what: str) -> None:
    """One line per event."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {who:<10} {what}\n")
    sys.stdout.flush()


def _turn(things: Sequence[str], number: int) -> str:
    return things[number % len(things)]


def _brief(arguments: dict[str, Any]) -> str:
    return f"{arguments.get('order') or arguments.get('invoice')} {arguments['amount']:.2f} EUR"


def _reason(error: BaseException) -> str:
    """The innermost of a group, in a few words."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:200]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="approvals.demo.agent", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", nargs="?", type=Path, help="JSON with url, token and pin, as the seed writes it")
    parser.add_argument("--url", default=os.environ.get("PLACET_URL", "http://127.0.0.1:8000"))
    parser.add_argument("--pin", default=os.environ.get("PLACET_PIN", "first-use"), help="JWKS file, or first-use")
    parser.add_argument("--together", action="store_true", help="run the MCP server in this process, not over stdio")
    parser.add_argument("--past", action="store_true", help="tell the past in a process of its own, which then ends")
    given = parser.parse_args(argv)
    told = json.loads(given.file.read_text()) if given.file else {"url": given.url, "pin": given.pin}
    # Stopping is dying: what waits is taken back by the next run, and no stop has to wait for a console that stops too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    logging.getLogger("placet").setLevel(logging.ERROR)
    asyncio.run(_run(told, _desk(together=given.together), past=given.past))
    return 0


def _desk(*, together: bool) -> Desk:
    if not together:
        return StdioServerParameters(command=sys.executable, args=["-m", "approvals.demo.server"], env=dict(os.environ))
    from approvals.demo.server import server

    logging.getLogger("httpx2").setLevel(logging.WARNING)
    memory.give_back_again()
    return server


async def _run(told: dict[str, Any], desk: Desk, *, past: bool) -> None:
    telling = asyncio.create_task(tell_past()) if past else None
    async with AsyncConsole(told["url"], token=told.get("token"), pin=told["pin"], patience=PATIENCE) as console:
        await work(console, desk)
    if telling:
        await telling


if __name__ == "__main__":
    sys.exit(main())
