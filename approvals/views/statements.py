"""The statement that a passkey signs: of the yes that a form would say now."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import passkeys, words
from accounts.errors import UnknownPasskey

from .. import edits, glass, reviews, verdicts
from ..errors import BadEdit, NotFound, Refusal, Unopened
from ..forms import signing as sealed
from ..forms.editing import EditForm
from .actions import looked_at, shown


@never_cache
@require_POST
def statement(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """The statement of the yes that this form would say now, and with which passkeys to sign it. Nothing is decided."""
    making = MAKING.get(request.GET.get("for", ""), _of_verdict)
    try:
        theirs = passkeys.live_of(request.user)
        if not theirs:
            raise UnknownPasskey()
        stmt = making(request, action_id, timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return JsonResponse({"told": refusal.code, "message": words.told(refusal.message)}, status=409)
    token = sealed.sealed(stmt, person=request.user, session=request.session.session_key or "")
    said = {"stmt": stmt.decode(), "token": token, "options": passkeys.assertion_options(theirs)}
    return JsonResponse(said)


def _of_verdict(request: HttpRequest, action_id: UUID, at: datetime) -> bytes:
    given = verdicts.Given(
        action_id=action_id, reviewer=request.user, verdict="approve", seen=request.POST.get("seen", ""),
        opened=_opened(request, action_id),
    )  # fmt: skip
    return reviews.stated(given=given, at=at)


def _of_glass(request: HttpRequest, action_id: UUID, at: datetime) -> bytes:
    opened = _opened(request, action_id)
    return glass.stated(
        action_id=action_id, person=request.user, seen=request.POST.get("seen", ""), at=at, opened=opened
    )


def _of_edit(request: HttpRequest, action_id: UUID, at: datetime) -> bytes:
    told = shown(request, action_id, at=at)
    form = EditForm(edits.sheet(told["page"].action).places, request.POST)
    if not form.read() or not form.changes:
        raise BadEdit(words.said("Look at the difference first."))
    given = verdicts.Given(
        action_id=action_id, reviewer=request.user, verdict="approve", changes=form.changes,
        seen=request.POST.get("seen", ""), opened=_opened(request, action_id),
    )  # fmt: skip
    return reviews.stated(given=given, at=at)


def _opened(request: HttpRequest, action_id: UUID) -> int:
    unseen, opened = looked_at(request, action_id)
    if unseen:
        raise Unopened()
    return opened


MAKING: dict[str, Callable[[HttpRequest, UUID, datetime], bytes]] = {"glass": _of_glass, "edit": _of_edit}
