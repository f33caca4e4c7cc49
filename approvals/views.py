"""The pages. Each turns a request into one read or one verb, and the answer back into HTML."""

import contextlib
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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import answers, reviews, settlement
from .errors import InvalidAnswer, NotFound, Refusal
from .forms import OWN_WORDS, REASONS, CommentForm, VerdictForm
from .models import Kind
from .queries import answers as questions
from .queries import gaps as gap_rows
from .queries import inbox as inbox_rows
from .queries import page as action_page
from .queries.facets import Facets
from .rules import blanks
from .rules.rendering.values import escaped

UNOPENED = "unopened"
MOST_OPENED = 128


@gzip_page
@never_cache
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list; with `action` in its address, that action beside it."""
    at = timezone.now()
    facets = Facets.read(request.GET.dict())
    found = inbox_rows.read(user=request.user, facets=facets, at=at, kept=_ids(request.GET.get("kept", "")))
    shown = {
        "inbox": found,
        "facets": facets,
        "at": at,
        "kinds": Kind.choices,
        "chosen": _id(request.GET.get("action", "")),
    }
    if request.GET.get("mark") == found.mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if request.htmx.target == "rows":
        return render(request, "approvals/inbox.html#rows", shown)
    if shown["chosen"]:
        with contextlib.suppress(Http404):  # gone or never yours: the list stands without it
            return render(request, "approvals/inbox.html", shown | _action(request, shown["chosen"], at=at))
    return render(request, "approvals/inbox.html", shown | {"chosen": None})


@gzip_page
@never_cache
@require_safe
def action(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """One action, alone or (for a list beside it) as a pane."""
    shown = _action(request, action_id, at=timezone.now())
    if request.GET.get("mark") == shown["page"].mark:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, _template(request), shown)


@require_POST
def decide(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """Take a verdict; then, or when it is refused, show the action as it now is."""
    form = VerdictForm(request.POST)
    if not form.is_valid():
        return _again(request, action_id, form)
    data = form.cleaned_data
    if data["verdict"] == "approve" and (unseen := _unopened(request, action_id)):
        return _show(request, action_id, told=UNOPENED, also=unseen)
    try:
        reviews.record(
            action_id=action_id, reviewer=request.user, verdict=data["verdict"], note=form.said, seen=data["seen"],
            at=timezone.now(),
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
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
        form.add_error("text", refusal.message)
        return _again(request, action_id, form)
    return _show(request, action_id, anchor="comments")


@never_cache
@require_safe
def receipt(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The receipt's bytes as they were signed, as a file."""
    try:
        jws = action_page.receipt(user=request.user, action_id=action_id)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return _file(jws, name=f"receipt-{action_id}.jws", content_type="application/jose")


@never_cache
@require_safe
def body(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The bytes that were digested, as a file."""
    try:
        found = action_page.stored(user=request.user, action_id=action_id)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return _file(bytes(found.body), name=f"action-{action_id}.json", content_type="application/octet-stream")


@never_cache
@require_safe
def answers_waiting(request: HttpRequest) -> HttpResponse:
    """What waits for this person's own answer."""
    at = timezone.now()
    return render(request, "approvals/answers.html", {"waiting": questions.waiting(user=request.user, at=at), "at": at})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """A released question, for its subject alone; and what they say to it."""
    page = _question(request, action_id)
    if request.method != "POST":
        return _ask(request, page)
    given = dict(request.POST.lists())
    said, content = request.POST.get("said", ""), {}
    if said == "accept" and page.form:
        content, unread = blanks.typed(page.form.blanks, given)
        if unread:
            wrong = blanks.problems(page.form.blanks, content) | unread
            return _ask(request, page, given=given, wrong=wrong)
    try:
        answers.give(action_id=action_id, person=request.user, said=said, content=content, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except InvalidAnswer as refusal:
        return _ask(request, page, given=given, wrong=refusal.wrong)
    except Refusal as refusal:
        return redirect(f"{request.path}?{urlencode({'told': refusal.code})}")
    return redirect(request.path)


@never_cache
@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Asks nobody could decide. For staff; to others this page does not exist."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "approvals/gaps.html", {"gaps": gap_rows.read(), "at": timezone.now()})


def _question(request: HttpRequest, action_id: UUID) -> questions.AnswerPage:
    try:
        return questions.read(user=request.user, action_id=action_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal


def _ask(
    request: HttpRequest,
    page: questions.AnswerPage,
    *,
    given: dict[str, list[str]] | None = None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    """The question with its defaults, or with what was sent and why it was not taken."""
    asked = page.form.blanks if page.form else ()
    filled = blanks.start(asked) if given is None else blanks.again(asked, given, wrong or {})
    shown = {
        "page": page, "at": page.at, "blanks": filled, "wrong": wrong, "wrong_whole": (wrong or {}).get(""),
        "told": request.GET.get("told", ""),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "approvals/answer.html", shown, status=status)


def _action(request: HttpRequest, action_id: UUID, *, at: datetime) -> dict[str, Any]:
    opened = _opened(request.POST, "opened") if request.method == "POST" else _opened(request.GET, "open")
    try:
        page = action_page.read(user=request.user, action_id=action_id, opened=frozenset(opened), at=at)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    as_bytes = request.GET.get("as") == "bytes"
    return {
        "page": page, "at": at, "opened": opened, "reasons": REASONS[page.action.kind], "own_words": OWN_WORDS,
        "told": request.GET.get("told", ""), "denying": "deny" in request.GET, "as_bytes": as_bytes,
        "bytes": escaped(inbox_rows.value_of(page.action.body)) if as_bytes else "",
        "seen": settlement.shown(page.action, policy=page.action.policy), "in_pane": _in_pane(request),
    }  # fmt: skip


def _template(request: HttpRequest) -> str:
    return "approvals/action.html#pane" if _in_pane(request) else "approvals/action.html"


def _in_pane(request: HttpRequest) -> bool:
    return request.htmx.target == "pane"


def _again(request: HttpRequest, action_id: UUID, form: VerdictForm | CommentForm) -> HttpResponse:
    """The same page with what was typed, and why it was not taken."""
    shown = _action(request, action_id, at=timezone.now()) | {
        "form": form,
        "denying": form.data.get("verdict") == "deny",
    }
    return render(request, _template(request), shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _show(
    request: HttpRequest, action_id: UUID, *, told: str = "", also: Iterable[str] = (), anchor: str = ""
) -> HttpResponse:
    """Post, redirect, get: a reload repeats nothing, and what was opened stays open."""
    query = [("open", key) for key in [*_opened(request.POST, "opened"), *also]] + ([("told", told)] if told else [])
    address = reverse("action", args=[action_id]) + (f"?{urlencode(query)}" if query else "")
    return redirect(address + (f"#{anchor}" if anchor else ""))


def _unopened(request: HttpRequest, action_id: UUID) -> list[str]:
    """What a yes still has to see: keys of large values that this person's page had not opened."""
    opened = frozenset(_opened(request.POST, "opened"))
    try:
        page = action_page.read(user=request.user, action_id=action_id, opened=opened, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return page.waiting if page.decides else []


def _opened(sent: QueryDict, name: str) -> list[str]:
    return sorted(set(sent.getlist(name)[:MOST_OPENED]))


def _ids(text: str) -> list[UUID]:
    return [found for found in map(_id, text.split(",")) if found]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _file(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
