"""A host whose person fills in every form and whose model says one thing. It writes down all that passes."""

import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import CreateMessageResult, ElicitResult, ListRootsResult, Root, TextContent
from pydantic import BaseModel

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
EXAMPLES = {"email": "ada@example.org", "uri": "https://example.org/", "date": "2026-11-23"}
EXAMPLES |= {"date-time": "2026-11-23T10:00:00Z", None: "Ada"}


def filled_in(schema: dict) -> Any:
    """What a person would take for one field of a form: what is offered, else the first that fits."""
    if "default" in schema:
        return schema["default"]
    if schema.get("type") == "array":
        items = schema["items"]
        return [items["enum"][0] if "enum" in items else items["anyOf"][0]["const"]]
    if "enum" in schema:
        return schema["enum"][0]
    if "oneOf" in schema:
        return schema["oneOf"][0]["const"]
    kinds = {"boolean": True, "integer": schema.get("minimum", 1), "number": schema.get("minimum", 1)}
    return kinds.get(schema["type"], EXAMPLES.get(schema.get("format"), "Ada"))


class PlainHost:
    """What it was asked and what its calls came to, in order; comparable between two runs."""

    def __init__(self, action: str = "accept") -> None:
        self.action = action
        self.passed: list[dict] = []

    async def person(self, context, params) -> ElicitResult:
        self.note("asked", params)
        if self.action != "accept" or params.mode == "url":
            return ElicitResult(action=self.action)
        fields = params.requested_schema["properties"]
        return ElicitResult(action="accept", content={name: filled_in(schema) for name, schema in fields.items()})

    async def model(self, context, params) -> CreateMessageResult:
        self.note("asked", params)
        return CreateMessageResult(
            role="assistant", content=TextContent(type="text", text="Paris"), model="m-1", stop_reason="endTurn"
        )

    async def roots(self, context) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri="file:///srv/shop", name="shop")])

    async def heard(self, message) -> None:
        """Notifications, without those that come when the server likes."""
        if (method := getattr(message, "method", "")).endswith("elicitation/complete"):
            self.note(method, message.params)

    @contextlib.asynccontextmanager
    async def at(self, server, era: str) -> AsyncIterator[Client]:
        client = Client(
            server, mode=era, elicitation_callback=self.person, sampling_callback=self.model,
            list_roots_callback=self.roots, message_handler=self.heard, read_timeout_seconds=60,
        )  # fmt: skip
        async with client:
            yield client

    async def call(self, client: Client, name: str, **arguments) -> None:
        progress: list = []

        async def tell(done, total, message) -> None:
            progress.append([done, total, message])

        try:
            result = await client.call_tool(name, arguments, progress_callback=tell)
        except MCPError as error:
            self.note(name, {"code": error.error.code, "message": error.error.message, "data": error.error.data})
        except RuntimeError as error:  # the client's own refusal, which sends nothing
            self.note(name, {"refused": str(error)})
        else:
            self.note(name, result)
        if progress:
            self.note("progress", {"of": progress})

    def note(self, what: str, said: BaseModel | dict) -> None:
        plain = said if isinstance(said, dict) else said.model_dump(by_alias=True, exclude_none=True, mode="json")
        plain.pop("_meta", None)
        self.passed.append({what: json.loads(UUID.sub("<uuid>", json.dumps(plain, sort_keys=True)))})

    def came_to(self, name: str) -> list[dict]:
        return [one[name] for one in self.passed if name in one]
