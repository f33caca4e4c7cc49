"""A host of FastMCP, with its tasks: it writes down what passes in the same words as the plain host."""

import contextlib
from collections.abc import AsyncIterator

import fastmcp_tasks  # noqa: F401 - importing it makes every client say that it knows tasks
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

from tests.counterparts.hosts.plain import PlainHost, filled_in


class FastHost(PlainHost):
    async def fill_in(self, message, response_type, params, context):
        self.note("asked", params)
        if params.mode == "url":
            return None
        return {name: filled_in(schema) for name, schema in params.requested_schema["properties"].items()}

    async def say(self, messages, params, context) -> str:
        self.note("asked", params)
        return "Paris"

    @contextlib.asynccontextmanager
    async def at(self, server, era: str, **handlers) -> AsyncIterator[Client]:
        if isinstance(server, StdioServerParameters):
            server = StdioTransport(server.command, server.args, env=server.env, keep_alive=False)
        told = {"elicitation_handler": self.fill_in, "sampling_handler": self.say} | handlers
        async with Client(server, mode="legacy" if era == "legacy" else "auto", timeout=60, **told) as client:
            yield client

    async def call(self, client: Client, name: str, **arguments) -> None:
        try:
            result = await client.call_tool(name, arguments)
        except (MCPError, ToolError) as error:
            self.note(name, {"refused": str(error)})
        else:
            self.note(name, {"said": result.content[0].text})
