"""Edit and approve: change what the rule lets be changed, look at the difference, then sign it."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from placet import canonical

from accounts import words

from .. import edits, reviews
from ..errors import BadEdit, EditLeavesRule, NotEditable, NotFound, NothingEdited, Refusal, SecretFound, TooLarge
from ..forms.editing import EditForm
from ..queries import edited
from ..queries.listing import value_of
from ..queries.page import Page
from ..rules.rendering.values import escaped
from . import signing
from .actions import UNOPENED, shown

#: Refusals that are about what was typed, and leave the form as it is.
OF_THE_FORM = (BadEdit, EditLeavesRule, NotEditable, NothingEdited, SecretFound, TooLarge)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The form; with `do=look` the difference too, and with `do=sign` the yes to just that difference."""
    told = shown(request, action_id, at=timezone.now())
    page: Page = told["page"]
    if not page.edits_it:
        return _back(action_id, told="not_an_editor" if page.pending else "already_terminal")
    if page.waiting:
        return _back(action_id, told=UNOPENED, opened=[*told["opened"], *page.waiting])
    posted = request.method == "POST"
    if posted and request.POST.get("seen") != told["seen"]:
        return _back(action_id, told="stale_view", opened=told["opened"])
    sheet = edits.sheet(page.action)
    form = EditForm(sheet.places, request.POST if posted else None)
    body = _looked_at(page, form) if posted else None
    if body is not None and request.POST.get("do") == "sign" and request.POST.get("looked") == _digest(body):
        try:
            return _signed(request, action_id, form, unfolded=page.unfolded)
        except OF_THE_FORM as refusal:
            form.refuse(words.told(refusal.message), refusal.pointer)
            body = None
    return _answer(request, told, sheet, form, body)


def _looked_at(page: Page, form: EditForm) -> bytes | None:
    """The bytes it would become; None when a field says why not."""
    if not form.read():
        return None
    try:
        if not form.changes:
            raise NothingEdited
        body = edits.checked(page.action, form.changes)
        if not edited.between(page.action.kind, before=page.body, after=body):
            raise BadEdit(words.said("It has too many values to show what would change. Decide it as it is."))
        return body
    except OF_THE_FORM as refusal:
        form.refuse(words.told(refusal.message), refusal.pointer)
        return None


def _signed(request: HttpRequest, action_id: UUID, form: EditForm, *, unfolded: int) -> HttpResponse:
    opened = request.POST.getlist("opened")
    try:
        reviews.record(
            action_id=action_id, reviewer=request.user, verdict="approve", note=form.note, changes=form.changes,
            seen=request.POST["seen"], opened=unfolded, signed=signing.signed(request), at=timezone.now(),
        )  # fmt: skip
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except OF_THE_FORM:
        raise
    except Refusal as refusal:
        return _back(action_id, told=refusal.code, opened=opened)
    return _back(action_id, told="recorded")


def _answer(request: HttpRequest, told: dict, sheet: edits.Sheet, form: EditForm, body: bytes | None) -> HttpResponse:
    rows = [] if body is None else edited.between(sheet.action.kind, before=sheet.body, after=body)
    wrong = request.method == "POST" and body is None
    said = told | {
        "form": form, "rows": rows, "looked": _digest(body) if body else "", "wrong": wrong,
        "whole": escaped(value_of(body)) if body and told["exactly"] else "",
        "again": body is not None and request.POST.get("do") == "sign",
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong or said["again"] else HTTPStatus.OK
    return render(request, "approvals/edit.html", said, status=status)


def _digest(body: bytes) -> str:
    return canonical.digest_bytes(body)


def _back(action_id: UUID, *, told: str, opened: list[str] | None = None) -> HttpResponse:
    query = [("open", key) for key in opened or []] + [("told", told)]
    return redirect(f"{reverse('action', args=[action_id])}?{urlencode(query)}")
