"""A person's channels: how they are reached while they do not look, and their quiet hours."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import channels as theirs
from accounts import preferences, words
from accounts.errors import Refusal

from .. import knocking
from ..forms.channels import ChatForm, QuietForm

#: What was done, as the page's address says it afterwards.
DONE = ("mail", "chat", "closed", "quiet", "tested", "nothing")


@never_cache
@require_safe
def channels(request: HttpRequest) -> HttpResponse:
    return _shown(request)


@require_POST
def channel_mail(request: HttpRequest) -> HttpResponse:
    try:
        theirs.open_mail(person=request.user, at=timezone.now())
    except Refusal as refusal:
        return _shown(request, refused=words.told(refusal.message))
    return _back("mail")


@require_POST
def channel_chat(request: HttpRequest) -> HttpResponse:
    form = ChatForm(request.POST)
    if not form.is_valid():
        return _shown(request, chat=form)
    try:
        theirs.open_chat(person=request.user, address=form.cleaned_data["address"], at=timezone.now())
    except Refusal as refusal:
        form.add_error("address", words.told(refusal.message))
        return _shown(request, chat=form)
    return _back("chat")


@require_POST
def channel_close(request: HttpRequest, kind: str) -> HttpResponse:
    """Close one's own; there may be none any more, which is what was wanted."""
    theirs.close(person=request.user, kind=kind)
    return _back("closed")


@require_POST
def quiet_hours(request: HttpRequest) -> HttpResponse:
    form = QuietForm(request.POST)
    if not form.is_valid():
        return _shown(request, hours=form)
    preferences.keep(person=request.user, **form.cleaned_data)
    return _back("quiet")


@require_POST
def channel_test(request: HttpRequest) -> HttpResponse:
    """Owe a test on each channel; the worker sends it within seconds."""
    return _back("tested" if knocking.test(person=request.user, at=timezone.now()) else "nothing")


def _back(done: str) -> HttpResponse:
    return redirect(f"{reverse('channels')}?{urlencode({'done': done})}")


def _shown(
    request: HttpRequest, *, chat: ChatForm | None = None, hours: QuietForm | None = None, refused: str = ""
) -> HttpResponse:  # fmt: skip
    chosen, mine = preferences.of(request.user), theirs.of(request.user)
    kept = {"quiet_from": chosen.quiet_from, "quiet_until": chosen.quiet_until}
    done = request.GET.get("done", "")
    shown = {
        "at": timezone.now(), "mail": mine.get(theirs.Kind.MAIL), "chat": mine.get(theirs.Kind.CHAT),
        "can_mail": bool(settings.MAILERS and request.user.email), "has_mail": bool(settings.MAILERS),
        "form": chat or ChatForm(), "hours": hours or QuietForm(kept if chosen.quiet_from else None, initial=kept),
        "zone": preferences.zone(chosen), "refused": refused, "done": done if done in DONE else "",
    }  # fmt: skip
    wrong = refused or chat or hours
    return render(request, "approvals/channels.html", shown, status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else None)
