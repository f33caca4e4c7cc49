"""Asks as the shop submits them, and their way in."""

import json
from datetime import datetime

from accounts import servers
from approvals import intake, submission


def identity(server) -> servers.Identity:
    server.refresh_from_db()
    return servers.Identity(id=server.pk, name=server.name, generation=server.generation)


def ask(*, tool: str = "refund", **changes) -> dict:
    """A tool call as the shop submits it; a refund unless told otherwise."""
    return {
        "kind": "tool_call",
        "mcp": {
            "revision": "2026-07-28",
            "method": "tools/call",
            "params": {"name": tool, "arguments": {"order": "A1", "amount": 4200}},
        },
        "subject": "dana@example.org",
        "nonce": "bm9uY2Utb2YtMTI4LWJpdHM",
        **changes,
    }


def item(server, value: dict | None = None, *, key: str = "k1") -> intake.Item:
    parsed = submission.parse(json.dumps(value or ask()).encode())
    return intake.Item(server=identity(server), key=key, submission=parsed)


def submit(server, value: dict | None = None, *, key: str = "k1", at: datetime) -> intake.Answer:
    return intake.submit_many(items=[item(server, value, key=key)], at=at)[0]
