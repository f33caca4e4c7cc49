"""Both ends of an engine: what the host and the server say and get, as bytes on one lane."""

import asyncio
import itertools
import json
from typing import Any

from placet.gate.session import PASS, Session
from placet.gate.shared import Shared

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "desk", "version": "1"},
}
ABLE = {"elicitation": {"form": {}, "url": {}}, "sampling": {}}
FORM = {"message": "Refund A1?", "requestedSchema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}
LINK = {"mode": "url", "message": "Confirm", "url": "https://bank.example.test/a1"}
SAMPLING = {
    "messages": [{"role": "user", "content": {"type": "text", "text": "Capital?"}}], "maxTokens": 20,
}  # fmt: skip
COMPLETION = {"role": "assistant", "model": "m-1", "content": {"type": "text", "text": "Paris"}}


class Ends:
    """A transport that keeps what it is given."""

    def __init__(self, shared: Shared, **who: Any) -> None:
        self.shared = shared
        self.session = Session(shared, **who)
        self.session.standing = self
        self.host: list[bytes] = []
        self.server: list[bytes] = []
        self._ids = itertools.count(100)

    def to_host(self, raw: bytes, *, final: bool = False) -> bool:
        self.host.append(raw)
        return True

    def to_server(self, raw: bytes) -> None:
        self.server.append(raw)

    def host_says(self, message: dict | bytes) -> bytes:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        if self.session.from_host(raw, self) is PASS:
            self.server.append(raw)
        return raw

    def server_says(self, message: dict | bytes) -> bytes:
        raw = message if isinstance(message, bytes) else json.dumps(message).encode()
        if self.session.from_server(raw, self) is PASS:
            self.host.append(raw)
        return raw

    def initialize(self, capabilities: dict | None = None) -> None:
        params = {
            "protocolVersion": "2025-11-25", "clientInfo": {"name": "desk", "version": "1"},
            "capabilities": ABLE if capabilities is None else capabilities,
        }  # fmt: skip
        self.host_says({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
        result = {"protocolVersion": "2025-11-25", "serverInfo": {"name": "till"}, "capabilities": {}}
        self.server_says({"jsonrpc": "2.0", "id": 0, "result": result})
        self.clear()

    def clear(self) -> None:
        self.host.clear()
        self.server.clear()

    def call(
        self, name: str = "refund", arguments: Any = None, *, modern: bool = False, capabilities: Any = None,
        token: Any = None, method: str = "tools/call", **params: Any,
    ) -> int:  # fmt: skip
        """A call of the host; returns its id."""
        able = ABLE if capabilities is None else capabilities
        meta = MODERN | {"io.modelcontextprotocol/clientCapabilities": able} if modern else {}
        meta = meta | ({"progressToken": token} if token is not None else {})
        whole = {"name": name, "arguments": arguments or {"order": "A1"}, **params} | ({"_meta": meta} if meta else {})
        identifier = next(self._ids)
        self.host_says({"jsonrpc": "2.0", "id": identifier, "method": method, "params": whole})
        return identifier

    def ask(self, method: str, params: dict, identifier: Any = "s1") -> bytes:
        return self.server_says({"jsonrpc": "2.0", "id": identifier, "method": method, "params": params})

    def answer(self, identifier: Any, result: dict) -> bytes:
        return self.server_says({"jsonrpc": "2.0", "id": identifier, "result": result})

    def input_required(self, identifier: Any, state: str | None = "s-1", **asks: dict) -> bytes:
        """The server's answer asks: by key, the method's params; the method is told from them."""
        requests = {key: {"method": method_of(params), "params": params} for key, params in asks.items()}
        result = {"resultType": "input_required", "inputRequests": requests}
        return self.answer(identifier, result | ({"requestState": state} if state is not None else {}))

    async def host_got(self, count: int = 1, *, within: float = 8) -> dict:
        return await self._got(self.host, count, within)

    async def server_got(self, count: int = 1, *, within: float = 8) -> dict:
        return await self._got(self.server, count, within)

    async def _got(self, heard: list[bytes], count: int, within: float) -> dict:
        async with asyncio.timeout(within):
            while len(heard) < count:
                await asyncio.sleep(0.01)
        return json.loads(heard[count - 1])


def method_of(params: dict) -> str:
    if "messages" in params:
        return "sampling/createMessage"
    return "tools/call" if "name" in params else "elicitation/create"
