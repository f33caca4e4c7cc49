"""A session's picture, and the words that stand for it."""

from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import times
from accounts.words import told
from approvals.models import Action, State
from approvals.queries import history
from approvals.queries.page import Page
from approvals.queries.sessions import Session, Step
from approvals.rules import rendering, timelines, trust

from .faithful import kind_name
from .wording import in_words

register = template.Library()

WIDTHS = {"flat": timelines.WIDE, "tall": timelines.NARROW}
MANNERS = {State.APPROVED: "approved", State.DENIED: "denied", State.EXPIRED: "expired", State.WITHDRAWN: "withdrawn"}


@register.simple_tag
def session_picture(session: Session, at: object, fold: str) -> timelines.Picture:
    steps = [_step(step) for step in session.steps]
    names = [kind_name(kind) for kind in session.kinds]
    return timelines.draw(steps, names=names, at=at, width=WIDTHS[fold])


@register.filter
def session_words(session: Session) -> str:
    """What the picture shows, for who cannot see it."""
    ways = ", ".join(f"{count} {in_words(state)}" for state, count in session.endings)
    text = ngettext(
        "Time line of {steps} step, from {time} on. In the whole session {ways}. "
        "The list below has every step and time.",
        "Time line of {steps} steps, from {time} on. In the whole session {ways}. "
        "The list below has every step and time.",
        len(session.steps),
    )
    begins = times.clock(session.steps[0].action.created_at)
    return text.format(steps=len(session.steps), time=begins, ways=ways)


@register.filter
def session_address(action: Action) -> str:
    """The page of an action's session, "" when it has none."""
    return (
        reverse("session", args=[action.server.name]) + "?" + urlencode({"id": action.session})
        if action.session
        else ""
    )


@register.simple_tag
def lately(page: Page) -> list[history.Before]:
    """What was decided last at the checkpoint where this ask waits; nothing for somebody who was only asked by name."""
    return history.lately(page.action) if page.pending and page.deciding.holds else []


@register.filter
def crossed(action: Action) -> str:
    """What became of the step at the boundary: let through, kept out, or still before it."""
    before, after, _what = trust.BOUNDARIES[action.kind]
    ways = {
        State.APPROVED: _("from %(before)s to %(after)s: let through"),
        State.PENDING: _("from %(before)s to %(after)s: waits"),
    }
    words = ways.get(action.state, _("from %(before)s to %(after)s: kept out"))
    return words % {"before": told(before), "after": told(after)}


@register.filter
def short_name(name: str) -> str:
    """A session's name for a link: faithful, and not longer than fits."""
    shown = rendering.plain(rendering.render(name[:64]))
    return shown if len(shown) <= 24 else shown[:23] + "…"


def _step(step: Step) -> timelines.Step:
    action = step.action
    return timelines.Step(
        number=step.number, lane=kind_name(action.kind), manner=MANNERS.get(action.state, "pending"),
        begins=timezone.localtime(action.created_at), ends=_here(action.settled_at), used=_here(step.used),
        reported=_here(step.reported), failed=step.outcome == "failed",
    )  # fmt: skip


def _here(moment: datetime | None) -> datetime | None:
    """In the reader's zone, as the words beside the picture are."""
    return None if moment is None else timezone.localtime(moment)
