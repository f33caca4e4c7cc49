"""Tasks of 2025-11-25 with the reference server, line by line: asks that belong to a task, and asks answered by one."""

import asyncio
import datetime
from collections.abc import Callable

from mcp.client.stdio import StdioServerParameters

from tests.counterparts.hosts.raw import RawHost

RELATED = "io.modelcontextprotocol/related-task"
REPLIES = {
    "elicitation/create": {"action": "accept", "content": {"name": "Ada", "interpretation": "snake"}},
    "sampling/createMessage": {
        "role": "assistant",
        "content": {"type": "text", "text": "Paris"},
        "model": "m-1",
        "stopReason": "endTurn",
    },
}


class Answering:
    """A host's own tasks: it answers an ask by a task, which the server then polls until it is done."""

    def __init__(self, polls: int = 1) -> None:
        self.polls, self.kept = polls, {}

    def answers(self) -> dict[str, Callable]:
        asked = {method: self._begin(method) for method in REPLIES}
        return asked | {"tasks/get": self.get, "tasks/result": self.result}

    def _begin(self, method: str) -> Callable:
        def begin(params: dict) -> dict:
            if "task" not in params:
                return REPLIES[method]
            name = f"person-{len(self.kept) + 1}"
            now = datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
            self.kept[name] = {"method": method, "polls": 0}
            self.kept[name]["task"] = {
                "taskId": name, "status": "input_required", "createdAt": now, "lastUpdatedAt": now,
                "ttl": params["task"]["ttl"], "pollInterval": 100,
            }  # fmt: skip
            return {"task": self.kept[name]["task"]}

        return begin

    def get(self, params: dict) -> dict:
        kept = self.kept[params["taskId"]]
        kept["polls"] += 1
        return kept["task"] | {"status": "completed" if kept["polls"] >= self.polls else "input_required"}

    def result(self, params: dict) -> dict:
        kept = self.kept[params["taskId"]]
        return REPLIES[kept["method"]] | {"_meta": {RELATED: {"taskId": params["taskId"]}}}


async def asked_within_a_task(server: StdioServerParameters) -> list[bytes]:
    """A tool runs as the server's task and asks in the middle of it: the ask comes while its result is awaited."""
    host = RawHost({method: (lambda params, method=method: REPLIES[method]) for method in REPLIES})
    async with host.at(server):
        await host.begin()
        arguments = {"topic": "python", "ambiguous": True}
        begun = await host.request(
            "tools/call", {"name": "simulate-research-query", "arguments": arguments, "task": {"ttl": 60000}}
        )
        task = begun["result"]["task"]["taskId"]
        await asyncio.sleep(2.5)
        host.asked.append({"status": (await host.request("tasks/get", {"taskId": task}))["result"]["status"]})
        result = await host.request("tasks/result", {"taskId": task})
    assert "snake" in str(result), result
    return host.received()


async def answered_by_a_task(server: StdioServerParameters) -> list[bytes]:
    """The server asks, the host answers with a task of its own, and the server polls it."""
    host = RawHost(Answering().answers())
    async with host.at(server):
        await host.begin()
        await asyncio.sleep(0.1)
        form = await host.request("tools/call", {"name": "trigger-elicitation-request-async", "arguments": {}})
        model = await host.request(
            "tools/call", {"name": "trigger-sampling-request-async", "arguments": {"prompt": "hi", "maxTokens": 9}}
        )
    assert "Ada" in str(form) and "Paris" in str(model), (form, model)
    return host.received()
