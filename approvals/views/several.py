"""Deny, or approve, several asks at once: a page that names each, then a report of what became of each."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from .. import errors
from .. import several as verb
from ..errors import Refusal, SecretFound, TextTooLong
from ..forms import several as forms
from ..forms.verdicts import OWN_WORDS

RECORDED = "recorded"
_HERE = [getattr(errors, name) for name in errors.__all__]
#: Why a verdict was not taken: code -> the sentence.
REFUSED = {each.code: each.message for each in _HERE if isinstance(each, type) and issubclass(each, Refusal)}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _decide(request)
    if request.GET.getlist("done"):
        return _report(request)
    verdict = "approve" if request.GET.get("verdict") == "approve" else "deny"
    return render(request, "approvals/several.html", _shown(request, verdict, forms.ids(request.GET)))


def _decide(request: HttpRequest) -> HttpResponse:
    form, given = forms.SeveralForm(request.POST), forms.given(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = verb.decide(
                person=request.user, verdict=data["verdict"], note=form.said, given=given, at=timezone.now()
            )
        except (SecretFound, TextTooLong) as refusal:
            form.add_error("note", refusal.message)
        else:
            told = [("done", f"{each.action_id}~{each.refusal.code if each.refusal else RECORDED}") for each in done]
            return redirect(f"{reverse('several')}?{urlencode([('verdict', data['verdict']), *told])}")
    verdict = "approve" if request.POST.get("verdict") == "approve" else "deny"
    shown = _shown(request, verdict, [pk for pk, _ in given]) | {"form": form}
    return render(request, "approvals/several.html", shown, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _shown(request: HttpRequest, verdict: str, ids: list[UUID]) -> dict[str, Any]:
    at = timezone.now()
    asked = verb.look(person=request.user, ids=ids, verdict=verdict, at=at)
    able = [each for each in asked if each.action.state == "pending" and not each.refusal]
    return {
        "verdict": verdict, "asked": asked, "able": able, "missing": min(len(set(ids)), verb.MOST) - len(asked),
        "cut": max(0, len(set(ids)) - verb.MOST), "at": at, "own_words": OWN_WORDS,
        "reasons": forms.reasons({each.action.kind for each in able}),
        "live_at": max((each.live_at for each in able if each.live_at), default=None),
    }  # fmt: skip


def _report(request: HttpRequest) -> HttpResponse:
    """What became of each, by what is on record now: an address says only why something was not taken."""
    told = dict(pair.partition("~")[::2] for pair in request.GET.getlist("done")[: verb.MOST])
    codes = {pk: code for name, code in told.items() if (pk := forms.one(name))}
    verdict = "approve" if request.GET.get("verdict") == "approve" else "deny"
    at = timezone.now()
    asked = {each.action.pk: each for each in verb.look(person=request.user, ids=list(codes), verdict="deny", at=at)}
    taken, not_taken = [], []
    for pk, code in codes.items():
        each = asked.get(pk)
        mine = each and any(r.reviewer_id == request.user.pk and r.verdict == verdict for r in each.row.reviews)
        if each and mine:
            taken.append(each)
        else:
            not_taken.append((each, REFUSED.get(code, "") if code != RECORDED else ""))
    page = {"verdict": verdict, "taken": taken, "not_taken": not_taken, "at": at}
    return render(request, "approvals/several_done.html", page)
