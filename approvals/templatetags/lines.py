"""Lines of the ledger and their proofs, as words and as a picture."""

import json
from typing import Any

from django import template
from placet import jws

from approvals.queries.ledger import Book, Line, Step
from approvals.rules import climbing

from .faithful import EVENTS, short_digest

register = template.Library()

WORDS = {
    "policy.published": "publishes a rule", "policy.retired": "retires a rule", "grant.given": "gives a grant",
    "grant.revoked": "revokes a grant", "finding.resolved": "resolves an exception", "server.stopped": "stops a server",
    "absence.declared": "is away", "absence.ended": "is back", "action.erased": "what was asked is erased",
}  # fmt: skip
#: What the list is narrowed to: the events that are looked for most.
CHOICES = (
    "action.submitted", "action.reviewed.approve", "action.reviewed.deny", "action.approved", "action.denied",
    "action.expired", "action.withdrawn", "action.edited", "action.consumed", "action.succeeded", "action.failed",
    "action.glass_broken", "policy.published", "grant.given", "grant.revoked",
)  # fmt: skip


@register.filter
def happened(event: str) -> str:
    """An event in words; its own name where there are none."""
    return EVENTS.get(event) or WORDS.get(event) or event.replace(".", " ").replace("_", " ")


@register.simple_tag
def event_choices() -> list[tuple[str, str]]:
    return [(event, happened(event)) for event in CHOICES]


@register.simple_tag
def older_lines(book: Book) -> str:
    return book.next


@register.filter
def in_base64(raw: bytes) -> str:
    return jws.encode(bytes(raw)).decode()


@register.filter
def in_short(raw: bytes) -> str:
    return short_digest(in_base64(raw))


@register.filter
def as_text(raw: bytes) -> str:
    return bytes(raw).decode()


@register.filter
def as_written(said: dict[str, Any]) -> str:
    """What a leaf says, as canonical JSON writes it, a member a line."""
    return json.dumps(said, ensure_ascii=True, sort_keys=True, indent=1)


@register.simple_tag
def climb(line: Line) -> climbing.Climb:
    return climbing.draw([(step.left, step.first, step.last, in_base64(step.hash)[:10] + "…") for step in line.steps])


@register.filter
def climb_words(line: Line) -> str:
    """What the picture shows, for who cannot see it."""
    return (
        f"The way from leaf {line.leaf:,} to the root, in {len(line.steps)} steps. At each its hash is joined with one "
        "beside it. The list beside the picture has every step."
    )


@register.filter
def beside(step: Step) -> str:
    """Of which leaves the hash beside is, and on which side it stands."""
    of = f"leaf {step.first:,}" if step.first == step.last else f"leaves {step.first:,} to {step.last:,}"
    return f"{of}, on the {'left' if step.left else 'right'}"
