"""One role: its people and their windows, and proposals to change them."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import times, words
from accounts.models import Membership

from .. import access, changes
from ..errors import BadChange, Refusal
from ..forms.people import LeaveForm, MemberForm
from ..models import Change
from ..queries import proposed
from ..queries import roles as read_roles
from ..rules import differences, documents
from . import proposals
from .people import admin, reader


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: HttpRequest, name: str) -> HttpResponse:
    """Who holds the role, held it, will hold it; and proposals that somebody joins or leaves."""
    if request.method != "POST":
        return _shown(request, name, at=reader(request))
    at = admin(request)
    form = (LeaveForm if request.POST.get("form") == "leave" else MemberForm)(request.POST)
    if not form.is_valid():
        return _shown(request, name, at=at, form=form)
    current = changes.current(about=Change.About.ROLE, subject=name, at=at) or {"role": name, "members": []}
    try:
        document, sentence = _left(current, form, at=at) if isinstance(form, LeaveForm) else _joined(current, form)
        draft = proposals.Draft(
            about=Change.About.ROLE, subject=name, proposed=document, sentence=sentence,
            back=reverse("role", args=[name]), differences=differences.role(current, document),
        )  # fmt: skip
        return proposals.answer(request, draft)
    except Refusal as refusal:
        return _shown(request, name, at=at, form=form, refusal=refusal)


def _joined(current: dict[str, Any], form: MemberForm) -> tuple[dict[str, Any], str]:
    """The role with one more person in it, and that in words."""
    said = form.cleaned_data
    if said["person"] not in read_roles.known([said["person"]]):
        raise BadChange(
            words.said("Nobody here is called {name}. Add the account first.", name=said["person"][:60]),
            pointer="/person",
        )
    member = {"person": said["person"]}
    member |= {key: documents.stamp(said[name]) for key, name in (("from", "starts"), ("until", "until")) if said[name]}
    window = differences.window(member.get("from"), member.get("until"))
    return (
        current | {"members": [*current.get("members", ()), member]},
        words.said("{person} holds {role} {window}", person=said["person"], role=current["role"], window=window),
    )


def _left(current: dict[str, Any], form: LeaveForm, *, at: datetime) -> tuple[dict[str, Any], str]:
    """The role with the end of one person's window moved, and that in words."""
    role, until = current["role"], form.cleaned_data["until"]
    held = read_roles.window(name=role, membership_id=form.cleaned_data["membership"])
    members = list(current.get("members", ()))
    place = _place(members, held, at=at) if held else None
    if held is None or place is None:
        raise BadChange(words.said("Nobody holds it in that window any more. Look again."))
    who = held.person.username
    if until is None:
        return current | {"members": members[:place] + members[place + 1 :]}, words.said(
            "{person} holds {role} no longer", person=who, role=role
        )
    if until <= at:
        raise BadChange(words.said("That moment has passed. Leave it empty to end it at once."), pointer="/until")
    changed = members[place] | {"until": documents.stamp(until)}
    window = differences.window(changed.get("from"), changed["until"], held="from" not in changed)
    sentence = words.said("{person} holds {role} {window}", person=who, role=role, window=window)
    return current | {"members": [*members[:place], changed, *members[place + 1 :]]}, sentence


def _place(members: list[dict[str, Any]], held: Membership, *, at: datetime) -> int | None:
    """Where this window stands in the document. One that holds already has no beginning there, or a past one."""
    for place, member in enumerate(members):
        since = member.get("from")
        same = since == documents.stamp(held.starts_at) or (
            held.starts_at <= at and (since is None or datetime.fromisoformat(since) <= at)
        )
        if member["person"] == held.person.username and same:
            return place
    return None


def _shown(
    request: HttpRequest, name: str, *, at: datetime, form: MemberForm | LeaveForm | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:  # fmt: skip
    may_change = access.is_admin(request.user)
    page = read_roles.read(name=name, then=_moment(request.GET.get("at", "")), at=at)
    if page.role is None and not may_change:
        raise Http404
    shown = {
        "page": page, "form": form, "refusal": refusal, "at": at, "may_change": may_change,
        "members": MemberForm() if form is None or isinstance(form, LeaveForm) else form,
        "asked_then": request.GET.get("at", ""), "proposed": proposed.about(name, Change.About.ROLE),
    }  # fmt: skip
    return render(request, "approvals/role.html", shown, status=422 if form else 200)


def _moment(said: str) -> datetime | None:
    """The moment somebody asks about; what makes no sense is none. Where no offset is said, the reader's."""
    read = times.read(said)
    return read if read is not None and read.year >= 2000 else None
