"""Lines of the ledger and their proofs, as words and as a picture."""

import json
from typing import Any

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from placet import jws

from approvals.queries.ledger import Book, Line, Step
from approvals.rules import climbing

from .faithful import short_digest
from .naming import EVENTS
from .simulating import thousands

register = template.Library()

WORDS = {
    "policy.published": _("publishes a rule"),
    "policy.retired": _("retires a rule"),
    "grant.given": _("gives a grant"),
    "grant.revoked": _("revokes a grant"),
    "finding.resolved": _("resolves an exception"),
    "server.stopped": _("stops a server"),
    "absence.declared": _("is away"),
    "absence.ended": _("is back"),
    "action.erased": _("what was asked is erased"),
    "change.proposed": _("change proposed"),
    "change.confirmed": _("change confirmed"),
    "change.applied": _("change applied"),
    "change.refused": _("change refused"),
    "change.withdrawn": _("change withdrawn"),
    "change.failed": _("change failed"),
    "key.published": _("key published"),
    "key.used": _("key used"),
    "key.revoked": _("key revoked"),
    "passkey.registered": _("passkey registered"),
    "passkey.introduced": _("passkey introduced"),
    "passkey.confirmed": _("passkey confirmed"),
    "passkey.revoked": _("passkey revoked"),
    "database.restored": _("database restored"),
}
#: What the list is narrowed to: the events that are looked for most.
CHOICES = (
    "action.submitted", "action.reviewed.approve", "action.reviewed.deny", "action.approved", "action.denied",
    "action.expired", "action.withdrawn", "action.edited", "action.consumed", "action.succeeded", "action.failed",
    "action.glass_broken", "policy.published", "grant.given", "grant.revoked",
)  # fmt: skip


@register.filter
def happened(event: str) -> str:
    """An event in words; its own name where there are none."""
    return str(EVENTS.get(event) or WORDS.get(event) or "") or event.replace(".", " ").replace("_", " ")


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
    text = gettext(
        "The way from leaf {leaf} to the root, in {steps} steps. At each its hash is joined with one beside it. The "
        "list beside the picture has every step."
    )
    return text.format(leaf=thousands(line.leaf), steps=len(line.steps))


@register.filter
def beside(step: Step) -> str:
    """Of which leaves the hash beside is, and on which side it stands."""
    first, last = thousands(step.first), thousands(step.last)
    if step.first == step.last:
        text = gettext("leaf {first}, on the left") if step.left else gettext("leaf {first}, on the right")
    else:
        text = gettext("leaves {first} to {last}, on the left")
        text = text if step.left else gettext("leaves {first} to {last}, on the right")
    return text.format(first=first, last=last)
