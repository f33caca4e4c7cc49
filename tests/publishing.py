"""Rules as tests publish them: a name, a pattern, how many of which role; anything else a rule can say, by its name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import Server, User


def rule(
    *, checkpoint: str, kind: str = "tool_call", pattern: str, need: int = 1, roles: dict[str, str] | None = None,
    server: Server | None = None, **said: Any,
) -> Any:  # fmt: skip
    """Return the rule; `roles` is duty -> role, `said` whatever else the document can hold."""
    from approvals.rules import policies

    held = {"approval": "payments-owner"} if roles is None else roles
    document: dict[str, Any] = {"checkpoint": checkpoint, "kind": kind, "pattern": pattern}
    if said.get("effect", "review") == "review" and "needs" not in said:
        document["needs"] = [{"role": held.get("approval", ""), "count": need}]
    document |= {duty: [role] for duty, role in held.items() if duty != "approval"}
    return policies.read(document | {"server": server.name if server else None} | said)


def publish(*, at: datetime, by: User | None = None, **said: Any) -> Any:
    """Publish the rule; see `rule`."""
    from approvals import policy

    return policy.publish(rule=rule(**said), by=by, at=at)
