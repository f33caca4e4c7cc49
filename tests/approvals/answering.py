"""Questions that are answered on the console: how they are asked, released and answered in tests."""

from approvals import reviews
from tests.asks import ask, submit
from tests.publishing import publish

SCHEMA = {
    "type": "object",
    "properties": {
        "color": {"type": "string", "enum": ["red", "blue"], "default": "blue"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "name": {"type": "string", "title": "Your name", "minLength": 2, "maxLength": 20},
    },
    "required": ["name"],
}
FORM = {"message": "Which one?", "requestedSchema": SCHEMA}
LINK = {"mode": "url", "message": "Sign in there.", "url": "https://pay.bank.example/login?order=A1"}


def form(params=FORM, **changes):
    mcp = {"revision": "2026-07-28", "method": "elicitation/create", "params": params}
    return ask(kind="elicitation_form", mcp=mcp, **{"answer": "console", "subject": "user:dana", **changes})


def link(params=LINK, **changes):
    return form(params, **changes) | {"kind": "elicitation_url"}


def checkpoints(*, at):
    for kind in ("elicitation_form", "elicitation_url"):
        publish(
            checkpoint=f"shop/{kind}", kind=kind, pattern="*", need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=at,
        )  # fmt: skip


def released(shop, owner, value, *, key="q1", at):
    """An approved question."""
    action = submit(shop, value, key=key, at=at).action
    reviews.record(action_id=action.pk, reviewer=owner, verdict="approve", at=at)
    action.refresh_from_db()
    return action
