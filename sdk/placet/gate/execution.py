"""Tools that a server may call on this side: run by the command that an admin configured, after a yes, once.

The command gets `{"name", "arguments", "action"}` on its standard input and writes a CallToolResult to its standard
output. It is started without a shell, and without the secrets of the gate.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from placet.approved import Status
from placet.gate.answers import Outcome, tool_error

SECONDS = 300.0
MOST_OUTPUT = 4 * 1024 * 1024
#: What lets the gate speak to the console goes to no process that it starts.
SECRETS = frozenset({"PLACET_TOKEN", "PLACET_KEY", "PLACET_PRIVATE_KEY"})


def environment(own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment as it is, but for the gate's own secrets."""
    return {name: value for name, value in (os.environ if own is None else own).items() if name not in SECRETS}


async def run(command: Sequence[str], released: Outcome) -> dict[str, Any]:
    """Run the released call; whatever goes wrong is a tool's error."""
    if not command:
        return tool_error("Nobody here runs tools for servers: the gate has no executor.")
    params = released.params or {}
    told = {"name": params.get("name"), "arguments": params.get("arguments", {}), "action": released.action}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment()
        )
    except OSError as error:
        return tool_error(f"The executor did not start: {error.strerror}.")
    try:
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate(json.dumps(told).encode())
    except TimeoutError:
        return tool_error(f"The executor did not end within {SECONDS:.0f} seconds; whether it ran is not known.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    return _result(output, process.returncode)


def status(result: Mapping[str, Any]) -> Status:
    """What is reported of a tool that was run."""
    return "failed" if result.get("isError") else "succeeded"


def _result(output: bytes, code: int | None) -> dict[str, Any]:
    try:
        result = json.loads(output) if len(output) <= MOST_OUTPUT else None
    except ValueError:
        result = None
    if isinstance(result, dict) and isinstance(result.get("content"), list):
        return result
    return tool_error(f"The executor ended with {code} and gave no tool result; whether it ran is not known.")
