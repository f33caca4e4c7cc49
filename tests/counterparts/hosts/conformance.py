"""The host that the official conformance suite examines: `python conformance.py URL`, as the suite starts it.

It is the official client with the plainest callbacks a host can have, and an OAuth client that agrees to everything.
With GATE in the environment it starts a gate in front of the suite's server and sends every message of the protocol
there, under the server's own name, as if the gate stood at the server's address. OAuth's own addresses stay direct.
"""

import asyncio
import contextlib
import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

import httpx2
from gateway import gate_before
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata
from mcp_types import CreateMessageResult, ElicitResult, ListRootsResult, Root, TextContent

URL = sys.argv[-1]
SCENARIO = os.environ.get("MCP_CONFORMANCE_SCENARIO", "")
MODERN = os.environ.get("MCP_CONFORMANCE_PROTOCOL_VERSION", "") >= "2026"
CONTEXT = json.loads(os.environ.get("MCP_CONFORMANCE_CONTEXT") or "{}")
CALLBACK = "http://localhost:3000/callback"
PLAIN = {"string": "x", "number": 1, "integer": 1, "boolean": True}


async def person(context, params) -> ElicitResult:
    """Takes every default, and says the plainest thing where there is none."""
    properties = getattr(params, "requested_schema", {}).get("properties", {})
    content = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    return ElicitResult(action="accept", content=content or {name: plain(s) for name, s in properties.items()})


async def model(context, params) -> CreateMessageResult:
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text="hi"), model="m")


async def roots(context) -> ListRootsResult:
    return ListRootsResult(roots=[Root(uri="file:///tmp")])


def plain(schema: dict):
    return PLAIN.get(schema.get("type"), "x")


class Keeping:
    """Where the OAuth client keeps what it was given. It may have been registered before."""

    def __init__(self) -> None:
        self.tokens = self.client = None
        if CONTEXT.get("client_id"):
            secret = CONTEXT.get("client_secret")
            self.client = OAuthClientInformationFull(
                client_id=CONTEXT["client_id"], client_secret=secret, redirect_uris=[CALLBACK],
                token_endpoint_auth_method="client_secret_basic" if secret else "none",
                issuer=CONTEXT.get("issuer"),
            )  # fmt: skip

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens) -> None:
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client) -> None:
        self.client = client


def consent() -> OAuthClientProvider:
    """An OAuth client whose person agrees at once."""
    agreed: dict[str, str] = {}

    async def redirect(url: str) -> None:
        async with httpx2.AsyncClient() as browser:
            sent = await browser.get(url, follow_redirects=False)
        agreed.update({name: values[0] for name, values in parse_qs(urlsplit(sent.headers["location"]).query).items()})

    async def callback() -> AuthorizationCodeResult:
        return AuthorizationCodeResult(code=agreed["code"], state=agreed.get("state"), iss=agreed.get("iss"))

    told = OAuthClientMetadata(
        client_name="conformance-host", redirect_uris=[CALLBACK], response_types=["code"],
        grant_types=["authorization_code", "refresh_token"],
    )  # fmt: skip
    return OAuthClientProvider(
        URL, told, Keeping(), redirect, callback, "https://conformance-test.local/client-metadata.json"
    )


class AtTheGate(httpx2.AsyncHTTPTransport):
    """Carries what is for the server to the gate, under the server's own name."""

    def __init__(self, gate: str) -> None:
        super().__init__()
        self.server, self.gate = httpx2.URL(URL), httpx2.URL(gate)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url == self.server:
            request.url = self.gate
        return await super().handle_async_request(request)


async def call_every_tool(client: Client) -> None:
    tools = (await client.list_tools()).tools
    for tool in tools:
        schema = tool.input_schema.get("properties", {})
        arguments = {name: plain(schema[name]) for name in tool.input_schema.get("required", []) if name in schema}
        planned = [call["arguments"] for call in CONTEXT.get("toolCalls", []) if call["name"] == tool.name]
        if tool.name == "add_numbers":
            planned = [{"a": 5, "b": 3}]
        if tool.name == "json_schema_echo":
            planned = [{"schema": next(one.input_schema for one in tools if one.name == "json_schema_2020_12_tool")}]
        for one in planned or [arguments]:
            with contextlib.suppress(Exception):
                await client.call_tool(tool.name, one)


async def main() -> None:
    async with contextlib.AsyncExitStack() as stack:
        transport = AtTheGate(stack.enter_context(gate_before(URL))) if "GATE" in os.environ else None
        auth = consent() if SCENARIO.startswith("auth/") else None
        http = await stack.enter_async_context(
            httpx2.AsyncClient(transport=transport, auth=auth, timeout=httpx2.Timeout(30, read=300))
        )
        client = Client(
            streamable_http_client(URL, http_client=http), mode="auto" if MODERN else "legacy",
            elicitation_callback=person, sampling_callback=model, list_roots_callback=roots,
        )  # fmt: skip
        await call_every_tool(await stack.enter_async_context(client))


asyncio.run(main())
