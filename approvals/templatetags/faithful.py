"""How pieces, values and times become HTML. Every foreign character passes `escape` here and stands inside a <bdi>."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import times, words
from approvals.models import Action, State
from approvals.queries.facets import Facets
from approvals.queries.inbox import Section
from approvals.queries.page import Page
from approvals.rules import moments, rendering, trust
from approvals.rules.rendering import Piece
from approvals.rules.rendering.layouts import Choice, Field
from approvals.rules.sentences import Part

from .naming import EVENTS, KINDS

register = template.Library()

WHOLE = 24  # characters of a value in a sentence that move to the next line as one
BOUND = 4  # those of one that stays with the word before it


@register.filter
def faithful(pieces: Iterable[Piece]) -> SafeString:
    """Pieces as HTML: left to right always, so that nothing around a value is reordered by it."""
    return mark_safe(f'<bdi dir="ltr">{"".join(map(_piece, pieces))}</bdi>')  # noqa: S308 (each piece is escaped)


@register.filter
def faithful_text(text: str, most: int | None = None) -> SafeString:
    """A foreign text as HTML, made faithful here. `most` characters of it, and dots of ours where it goes on."""
    text = str(words.told(text))
    shown = faithful(rendering.render(text[:most]))
    return format_html("{}…", shown) if most is not None and len(text) > most else shown


@register.filter
def quoted(text: str) -> SafeString:
    """Somebody's words, between the marks of the page's language."""
    return format_html(gettext("“{text}”"), text=text)


@register.filter
def plainly(pieces: Iterable[Piece]) -> str:
    return rendering.plain(pieces)


@register.filter
def plain_text(text: str) -> str:
    """A foreign text for places that hold no marks: a title, a label."""
    return rendering.plain(rendering.render(str(words.told(text))[:200]))


@register.filter
def spoken(sentence: Iterable[Part]) -> SafeString:
    """A sentence as HTML: values strong, what a server says about people in its own colour."""
    said = list(sentence)
    return mark_safe("".join(map(_part, said, [*said[1:], None])))  # noqa: S308 (each part is escaped)


@register.filter
def spoken_plainly(sentence: Iterable[Part]) -> str:
    return "".join(rendering.plain(part.pieces) for part in sentence)


@register.filter
def icon(kind: str) -> SafeString:
    return format_html('<svg class="icon" aria-hidden="true"><use href="#{}"/></svg>', KINDS[kind][0])


@register.filter
def kind_name(kind: str) -> str:
    return str(KINDS[kind][1])


@register.filter
def left(until: datetime, at: datetime) -> str:
    return moments.left(until, at=at)


@register.filter
def ago(then: datetime | None, at: datetime) -> SafeString | str:
    return timed(then, moments.ago(then, at=at)) if then else ""


@register.filter
def soon(until: datetime, at: datetime) -> bool:
    return moments.is_soon(until, at=at)


@register.filter
def seconds_left(until: datetime, at: datetime) -> int:
    return max(0, int((until - at).total_seconds()))


@register.filter
def lasting(action: Action) -> int:
    return max(1, int((action.deadline_at - action.created_at).total_seconds()))


@register.filter
def exact(at: datetime) -> str:
    """The whole moment in the reader's zone, with the zone's name; for a title."""
    return times.exact(at)


@register.filter
def clock(at: datetime | None) -> SafeString | str:
    """A time of day, with the whole moment behind it; nothing for none."""
    return timed(at, times.clock(at)) if at else ""


@register.filter
def zoned_clock(at: datetime) -> SafeString:
    """The same, and in which zone."""
    return format_html("{} {}", clock(at), times.zone_name(at))


@register.filter
def day(at: datetime | None) -> SafeString | str:
    return timed(at, times.day(at)) if at else ""


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    return timed(at, times.moment(at)) if at else ""


@register.filter
def zoned_moment(at: datetime) -> SafeString:
    return format_html("{} {}", moment(at), times.zone_name(at))


@register.filter
def zone_name(at: datetime) -> str:
    """What the zone is called in which this reader reads that moment."""
    return times.zone_name(at)


@register.filter
def field_moment(at: datetime | None) -> str:
    """A moment as a field for a day and a time holds it, in the reader's zone."""
    return times.written(at) if at else ""


@register.simple_tag
def zone() -> str:
    """What the reader's zone is called now: beside fields in which times are typed."""
    return times.zone_name(timezone.now())


def timed(at: datetime, words: str) -> SafeString:
    """Words for a moment; behind them the moment itself, for programs and for who wants to know exactly."""
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), times.exact(at), words)


@register.filter
def short_digest(dig: str) -> str:
    return f"{dig[:8]}…{dig[-6:]}"


@register.filter
def event_words(event: str) -> str:
    return str(EVENTS.get(event, event))


@register.filter
def actor_name(actor: str) -> str:
    """`user:alice` -> alice, `urn:placet:server:shop` -> shop."""
    return actor.removeprefix("user:").removeprefix("urn:placet:server:")


@register.filter
def state_manner(state: str) -> str:
    return {State.APPROVED: "yes", State.DENIED: "no", State.EXPIRED: "time"}.get(state, "")


@register.filter
def element_id(value: str | UUID) -> str:
    """A pointer or id as an element's name: letters and figures only."""
    return "".join(c if c.isascii() and c.isalnum() else f"-{ord(c):x}-" for c in str(value))[:200]


def _piece(piece: Piece) -> str:
    shown = escape(piece.shown)
    if piece.form == "text":
        return shown
    if piece.form == "rtl":
        return f'<bdi class="rtl" dir="rtl">{shown}</bdi>'
    if piece.form == "break":
        return f'<span class="mark">{shown}</span><br>'
    if piece.form == "mark":
        return f'<span class="mark">{shown}</span>'
    glyph = f"<bdi>{escape(piece.glyph)}</bdi> " if piece.glyph else ""
    return f'<span class="chip{"" if piece.alarm else " calm"}">{glyph}<span>{shown}</span></span>'


def _part(part: Part, value: Part | None) -> str:
    if part.manner == "plain":
        shown = "".join(escape(piece.shown) for piece in part.pieces)
        short = value and value.manner == "strong" and len(rendering.plain(value.pieces)) <= BOUND
        return f"{shown[:-1]}&nbsp;" if short and shown.endswith(" ") else shown
    words = faithful(part.pieces)
    if part.manner == "strong":
        whole = len(rendering.plain(part.pieces)) <= WHOLE
        return f'<b class="whole">{words}</b>' if whole else f"<b>{words}</b>"
    return f'<span class="claim">{words}</span>' if part.manner == "claimed" else words


@register.simple_tag
def facet_link(facets: Facets) -> str:
    """This list from its beginning, without its filters."""
    return facets.address(kind="", server="", role="", search="", due="", flag="", after=None)


@register.simple_tag
def next_page(facets: Facets, section: Section) -> str:
    part = "" if section.part == "decided" else section.part
    return facets.address(part=part, after=section.next)


@register.simple_tag(takes_context=True)
def open_link(context: template.Context, pointer: str = "", **more: str) -> str:
    """The address of this action with one more value opened, or with other words in its query."""
    query = [("open", p) for p in [*context.get("opened", []), pointer] if p]
    query += [pair for pair in more.items() if pair[1]]
    address = reverse("action", args=[context["page"].action.pk])
    return address + (f"?{urlencode(query)}" if query else "") + (f"#v{element_id(pointer)}" if pointer else "")


@register.simple_tag
def trust_path(page: Page) -> trust.Trust:
    action, said = page.action, page.claims
    return trust.path(
        kind=action.kind, server=action.server.name, name=action.name, checkpoint=action.checkpoint.name,
        subject=action.subject, host=str(said.host.plain) if said.host else "",
        credential=gettext("signing key") if page.key else gettext("bearer token"),
    )  # fmt: skip


@register.filter
def apart(difference: int) -> str:
    """How far a number is from the one of the last time."""
    text = gettext("{number} more than last time") if difference > 0 else gettext("{number} less than last time")
    return text.format(number=number_format(abs(difference), force_grouping=True))


@register.filter
def grouped(number: float) -> str:
    """A long whole number once more, easier to read; "" when that would say nothing new."""
    return number_format(number, force_grouping=True) if isinstance(number, int) and abs(number) >= 10_000 else ""


@register.filter
def minus(number: int, other: int) -> int:
    return number - other


@register.filter
def following_x(stations: tuple[trust.Station, ...], index: int) -> int:
    return stations[index].x


@register.filter
def segments(jws: bytes) -> list[str]:
    return bytes(jws).decode().split(".")


@register.filter
def is_chosen(choice: Choice, field: Field) -> bool:
    """Whether a form's field has this choice as its default. Of one kind too: the number 1 is not the text "1"."""
    preset = [(value.kind, value.plain) for value in [field.default, *field.defaults] if value]
    return (choice.value.kind, choice.value.plain) in preset


@register.filter
def consequence(action: Action) -> str:
    """What a last yes does."""
    words = {
        "tool_call": _("The tool may then run once."),
        "sampling": _("The model may then read this once."),
        "sampling_result": _("The server may then have the answer once."),
        "elicitation_form": _("The person may then be asked once."),
        "elicitation_url": _("The person may then open it once."),
    }
    return str(words[action.kind])
