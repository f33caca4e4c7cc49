"""Out of office: from when until when, and who stands in."""

from contextlib import suppress
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import proofs
from accounts.errors import AbsenceOver, BadDelegate
from accounts.models import User
from accounts.words import said

from .. import away
from ..errors import Refusal
from ..forms.people import AbsenceForm, ready_ends
from ..queries import absences as read_absences
from ..queries import roles as read_roles


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    """What an absence means, the one that holds or is to come, and a form for the next. For whoever holds a role."""
    at = timezone.now()
    page = read_absences.read(user=request.user, at=at)
    if not page.posts and not page.absences:
        raise Http404
    if request.method != "POST":
        return _shown(request, page, at=at)
    form = AbsenceForm(request.POST)
    if not form.is_valid():
        return _shown(request, page, at=at, form=form)
    try:
        delegates = _delegates(request, page)
        if delegates:  # whoever is named decides in one's place, long after this session is over
            proofs.require(request)
        away.declare(
            person=request.user, delegates=delegates, starts=form.cleaned_data["starts"],
            until=form.ends(at=at), note=form.cleaned_data["note"], at=at,
        )  # fmt: skip
    except Refusal as refusal:
        return _shown(request, page, at=at, form=form, refusal=refusal)
    return redirect("absence")


@never_cache
@require_POST
def absence_end(request: HttpRequest) -> HttpResponse:
    """I am back, or will not be away after all."""
    sent = request.POST.get("absence", "")
    found = read_absences.own(user=request.user, absence_id=int(sent) if sent.isdecimal() and len(sent) < 19 else 0)
    if found is None:
        raise Http404
    with suppress(AbsenceOver):  # then it is as wished
        away.end(absence=found, by=request.user, at=timezone.now())
    return redirect("absence")


def _delegates(request: HttpRequest, page: read_absences.AbsencePage) -> dict[str, User]:
    """Role -> who stands in: the colleague chosen, or whoever is named beside."""
    named = {}
    for place, post in enumerate(page.posts):
        chosen, other = (request.POST.get(f"{name}-{place}", "").strip()[:150] for name in ("delegate", "other"))
        if chosen or other:
            named[post.role] = other or chosen
    people = read_roles.known(sorted(set(named.values())))
    unknown = next((who for who in named.values() if who not in people), None)
    if unknown is not None:
        raise BadDelegate(said("Nobody here is called {unknown}.", unknown=unknown[:60]), pointer="/delegates")
    return {role: people[who] for role, who in named.items()}


def _shown(
    request: HttpRequest, page: read_absences.AbsencePage, *, at: datetime, form: AbsenceForm | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:  # fmt: skip
    chosen = [
        (post, request.POST.get(f"delegate-{place}", ""), request.POST.get(f"other-{place}", ""))
        for place, post in enumerate(page.posts)
    ]
    shown = {
        "page": page, "form": form or AbsenceForm(), "refusal": refusal, "at": at, "chosen": chosen,
        "ready": ready_ends(at), "length": request.POST.get("length", "today"),
    }  # fmt: skip
    return render(request, "approvals/absence.html", shown, status=422 if form else 200)
