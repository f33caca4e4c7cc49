"""One action: its page, the verdict and the comment, its receipt and its bytes."""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from accounts import words
from accounts.errors import BadCeremony, CeremonyOver, ForeignOrigin, UnknownPasskey, UnverifiedPerson
from accounts.models import User

from .. import glass, handovers, looking, packing, reviews, settlement
from ..errors import (
    AlreadySpokenFor,
    EnoughOfYourRole,
    LookedTooShort,
    NoBreakGlass,
    NotAnEditor,
    NotFound,
    NotYourTurn,
    OwnServer,
    PasskeyMissing,
    PasskeyNotTaken,
    Refusal,
    SecretFound,
    TooManyBroken,
    Unopened,
)  # fmt: skip
from ..errors.sealed import Erased
from ..forms.glass import GlassForm
from ..forms.handing import ESCALATED, HandoverForm
from ..forms.verdicts import OWN_WORDS, REASONS, CommentForm, VerdictForm
from ..models import How
from ..queries import inbox as inbox_rows
from ..queries import page as action_page
from ..rules.rendering.values import escaped
from . import erasing, signing

UNOPENED = Unopened.code
MOST_OPENED = 128
#: What a yes is told that would not count: code -> the sentence.
REFUSED = {
    refusal.code: refusal.message
    for refusal in (
        NotYourTurn,
        AlreadySpokenFor,
        EnoughOfYourRole,
        OwnServer,
        NoBreakGlass,
        NotAnEditor,
        TooManyBroken,
        LookedTooShort,
        PasskeyMissing,
        PasskeyNotTaken,
        BadCeremony,
        CeremonyOver,
        ForeignOrigin,
        UnknownPasskey,
        UnverifiedPerson,
    )
}


@gzip_page
@never_cache
@require_safe
def action(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """One action, alone or (for a list beside it) as a pane."""
    try:
        page = shown(request, action_id, at=timezone.now())
    except Erased:
        return erasing.remains(request, action_id)
    if request.GET.get("mark") == page["page"].mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, _template(request), page)


@require_POST
def decide(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Take a verdict; then, or when it is refused, show the action as it now is."""
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return _again(request, action_id, form)
    data = form.cleaned_data
    opened = 0
    if data["verdict"] == "approve":
        unseen, opened = looked_at(request, action_id)
        if unseen:
            return _show(request, action_id, told=Unopened.code, also=unseen)
    try:
        reviews.record(
            action_id=action_id, reviewer=request.user, verdict=data["verdict"], note=form.said, seen=data["seen"],
            opened=opened, signed=signing.signed(request), at=timezone.now(),
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except SecretFound as refusal:
        form.add_error("remark" if data["verdict"] == "approve" else "note", words.told(refusal.message))
        return _again(request, action_id, form)
    except Refusal as refusal:
        return _show(request, action_id, told=refusal.code)
    return _show(request, action_id, told="recorded")


@require_POST
def comment(request: HttpRequest, action_id: UUID) -> HttpResponse:
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _again(request, action_id, form)
    try:
        reviews.comment(action_id=action_id, author=request.user, text=form.cleaned_data["text"], at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        form.add_error("text", words.told(refusal.message))
        return _again(request, action_id, form)
    return _show(request, action_id, anchor="comments")


@never_cache
@require_safe
def receipt(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The receipt's bytes as they were signed, as a file."""
    try:
        jws = action_page.receipt(user=request.user, action_id=action_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return _file(jws, name=f"receipt-{action_id}.jws", content_type="application/jose")


@never_cache
@require_safe
def pack(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """All that is known of a decided action, as one file that anybody can check."""
    try:
        action_page.stored(user=request.user, action_id=action_id, at=timezone.now())
        found = packing.pack(action_id=action_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return _file(found, name=f"pack-{action_id}.json", content_type="application/json")


@never_cache
@require_safe
def body(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The bytes that were digested, as a file: those that are decided, or with `?asked` those that were asked."""
    try:
        asked = "asked" in request.GET
        found = action_page.bytes_of(user=request.user, action_id=action_id, asked=asked, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return _file(found, name=f"action-{action_id}.json", content_type="application/octet-stream")


@require_POST
def hand(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Hand the action on, take it, or name more owners; then, or when it is refused, show it as it now is."""
    form = HandoverForm(request.POST)
    if not form.is_valid():
        return _again(
            request,
            action_id,
            form,
            refused=" ".join(form.errors.get("note", [words.told(words.said("Choose what to do."))])),
        )
    try:
        _hand(request.user, action_id, form.cleaned_data, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _again(request, action_id, form, refused=refusal.message)
    return _show(request, action_id, told=form.cleaned_data["how"])


@require_POST
def break_glass(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Approve it alone, where the rule allows it; large values have to be open first, as for every yes."""
    form = GlassForm(request.POST)
    if not form.is_valid():
        return _again(request, action_id, form)
    unseen, opened = looked_at(request, action_id)
    if unseen:
        return _show(request, action_id, told=Unopened.code, also=unseen)
    try:
        glass.break_glass(
            action_id=action_id, person=request.user, **form.cleaned_data, opened=opened,
            signed=signing.signed(request), at=timezone.now(),
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _show(request, action_id, told=refusal.code)
    return _show(request, action_id, told="recorded")


def _hand(person: User, action_id: UUID, said: dict[str, str], *, at: datetime) -> None:
    whole = {"action_id": action_id, "person": person, "at": at}
    if said["how"] == ESCALATED:
        handovers.escalate(**whole)
    elif said["how"] == How.REASSIGNED:
        handovers.reassign(**whole, to=handovers.named(said["to"]), note=said["note"])
    else:
        verb = handovers.take_over if said["how"] == How.TOOK_OVER else handovers.pass_on
        verb(**whole, note=said["note"])


def shown(request: HttpRequest, action_id: UUID, *, at: datetime) -> dict[str, Any]:
    opened = _opened(request.POST, "opened") if request.method == "POST" else _opened(request.GET, "open")
    try:
        page = action_page.read(
            user=request.user, action_id=action_id, opened=frozenset(opened), before_comment=_earlier(request), at=at
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    as_bytes, told = request.GET.get("as") == "bytes", request.GET.get("told", "")
    seen = settlement.shown(page.action, policy=page.action.policy, edited=page.changed)
    offer = signing.offer(request, page)
    live = looking.look(page.action, person=request.user, shown=seen, at=at) if page.decides else None
    return {
        "page": page, "at": at, "opened": opened, "reasons": REASONS[page.action.kind], "own_words": OWN_WORDS,
        "before": _earlier(request) or "",
        "told": told, "told_no": REFUSED.get(told, ""), "denying": "deny" in request.GET, "as_bytes": as_bytes,
        "bytes": escaped(inbox_rows.value_of(page.body)) if as_bytes else "",
        "in_pane": _in_pane(request),
        "seen": seen, "live_at": live if live and live > at else None, "passkey": offer,
        "exactly": signing.exactly(page) if offer and offer.signs else None,
    }  # fmt: skip


def _template(request: HttpRequest) -> str:
    return "approvals/action.html#pane" if _in_pane(request) else "approvals/action.html"


def _in_pane(request: HttpRequest) -> bool:
    return request.htmx.target == "pane"


def _again(
    request: HttpRequest,
    action_id: UUID,
    form: VerdictForm | CommentForm | HandoverForm | GlassForm,
    *,
    refused: str = "",
) -> HttpResponse:
    """The same page with what was typed, and why it was not taken."""
    page = shown(request, action_id, at=timezone.now()) | {
        "form": form,
        "refused": refused,
        "denying": form.data.get("verdict") == "deny",
    }
    return render(request, _template(request), page, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _show(
    request: HttpRequest, action_id: UUID, *, told: str = "", also: Iterable[str] = (), anchor: str = ""
) -> HttpResponse:
    """Post, redirect, get: a reload repeats nothing, and what was opened stays open."""
    query = [("open", key) for key in [*_opened(request.POST, "opened"), *also]] + ([("told", told)] if told else [])
    address = reverse("action", args=[action_id]) + (f"?{urlencode(query)}" if query else "")
    return redirect(address + (f"#{anchor}" if anchor else ""))


def looked_at(request: HttpRequest, action_id: UUID) -> tuple[list[str], int]:
    """What a yes still has to see: keys of large values that this person's page had not opened; and how many it had."""
    opened = frozenset(_opened(request.POST, "opened"))
    try:
        return action_page.looked_at(user=request.user, action_id=action_id, opened=opened, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal


def _opened(sent: QueryDict, name: str) -> list[str]:
    return sorted(set(sent.getlist(name)[:MOST_OPENED]))


def _earlier(request: HttpRequest) -> int | None:
    """Before which comment to look, None for the latest."""
    said = request.GET.get("before", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 18 else None


def _file(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
