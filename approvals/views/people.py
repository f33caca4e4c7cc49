"""The people and their roles: who holds what until when, and what one person can do."""

from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import identities, invitations, passkeys, proofs, signins, words
from accounts.models import User

from .. import access, welcoming
from ..errors import NotFound, Refusal
from ..forms.people import NewRoleForm
from ..models import Change
from ..queries import people as read_people
from ..queries import proposed
from ..rules.differences import Difference
from . import proposals

SHOWN = ("people", "away", "roles")


@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, those who are away, or the roles. For admins, and for whoever holds a duty."""
    at = reader(request)
    search = request.GET.get("q", "").replace("\0", "").strip()[:120]
    after = request.GET.get("after", "").replace("\0", "")[:150]
    show = request.GET.get("show", "") if request.GET.get("show") in SHOWN else "people"
    shown = {"show": show, "search": search, "after": after, "at": at}
    shown["may_change"] = access.is_admin(request.user)
    if show == "roles":
        shown["roles"], shown["next"] = read_people.by_role(search=search, after=after, at=at)
    else:
        page = read_people.read(search=search, after=after, away=show == "away", at=at)
        shown |= {"people": page.lines, "next": page.next}
    return render(request, "approvals/people.html", shown)


@never_cache
@require_safe
def person(request: HttpRequest, username: str) -> HttpResponse:
    """One person: roles, absences, what they can approve, what waits for them."""
    return _shown(request, username, at=reader(request))


@never_cache
@require_POST
def person_admin(request: HttpRequest, username: str) -> HttpResponse:
    """Propose that this person is an admin of the console, or none any more."""
    at = admin(request)
    if read_people.one(username=username, at=at) is None:
        raise Http404
    becomes = request.POST.get("admin") == "yes"
    sentence = words.said("{person} is no admin any more", person=username)
    if becomes:
        sentence = words.said("{person} becomes an admin", person=username)
    no, yes = words.said("no"), words.said("yes")
    was, shall = (no, yes) if becomes else (yes, no)
    draft = proposals.Draft(
        about=Change.About.ADMIN, subject=username, proposed={"person": username, "admin": becomes}, sentence=sentence,
        back=reverse("person", args=[username]),
        differences=[Difference(words.said("Changes the map"), (was,), (shall,))],
    )  # fmt: skip
    try:
        return proposals.answer(request, draft)
    except Refusal as refusal:
        return _shown(request, username, at=at, refusal=refusal)


@never_cache
@require_POST
@proofs.confirmed
def person_invite(request: HttpRequest, username: str) -> HttpResponse:
    """Make a link with which this person sets a password. It stands on this page once, and nowhere else."""
    at = admin(request)
    try:
        token = welcoming.invite(username=username, by=request.user, at=at)
    except NotFound as refusal:
        raise Http404 from refusal
    except Refusal as refusal:
        return _shown(request, username, at=at, refusal=refusal)
    person = read_people.one(username=username, at=at).person
    link = f"{settings.PUBLIC_URL}{reverse('invitation', args=[token])}"
    shown = {"person": person, "link": link, "expires": at + invitations.LIFE, "at": at}
    return render(request, "accounts/invited.html", shown)


@never_cache
@require_POST
@proofs.confirmed
def person_sign_out(request: HttpRequest, username: str) -> HttpResponse:
    """End every sign-in of this person, at once and without a second admin."""
    at = admin(request)
    try:
        welcoming.sign_out(username=username, by=request.user, at=at)
    except NotFound as refusal:
        raise Http404 from refusal
    return redirect("person", username=username)


@never_cache
@require_POST
@proofs.confirmed
def person_untie(request: HttpRequest, username: str) -> HttpResponse:
    """Forget what the provider of single sign-on calls this person; the next identity it names is tied instead."""
    at = admin(request)
    try:
        welcoming.untie(username=username, by=request.user, at=at)
    except NotFound as refusal:
        raise Http404 from refusal
    except Refusal as refusal:
        return _shown(request, username, at=at, refusal=refusal)
    return redirect("person", username=username)


@never_cache
@require_safe
def role_named(request: HttpRequest) -> HttpResponse:
    """Lead to the page of the role of this name, there or not yet."""
    admin(request)
    form = NewRoleForm(request.GET)
    return redirect("role", name=form.cleaned_data["name"]) if form.is_valid() else redirect("people")


def reader(request: HttpRequest) -> datetime:
    """The moment, when this reader may see who owns what: an admin, or whoever holds a duty. Else it is not there."""
    at = timezone.now()
    if not (access.is_admin(request.user) or access.duties(request.user, at=at)):
        raise Http404
    return at


def admin(request: HttpRequest) -> datetime:
    """The moment, when this reader may change the map."""
    if not access.is_admin(request.user):
        raise Http404
    return timezone.now()


def _may_be_invited(request: HttpRequest, person: User, *, at: datetime) -> bool:
    powerful = person.is_staff or person.is_superuser or invitations.decides(person, at=at)
    return access.is_admin(request.user) and person.is_active and person != request.user and not powerful


def _shown(request: HttpRequest, username: str, *, at: datetime, refusal: Refusal | None = None) -> HttpResponse:
    found = read_people.one(username=username, at=at)
    if found is None:
        raise Http404
    shown = {
        "page": found, "refusal": refusal, "at": at, "may_change": access.is_admin(request.user),
        "proposed": proposed.about(username, Change.About.ADMIN, Change.About.PASSKEY),
        "sign_ins": signins.going_on(person=found.person, at=at) if access.is_admin(request.user) else [],
        "invited": invitations.awaited(found.person), "may_be_invited": _may_be_invited(request, found.person, at=at),
        "tied": access.is_admin(request.user) and identities.is_tied(found.person),
        "passkeys": passkeys.of(found.person) if access.is_admin(request.user) else [],
    }  # fmt: skip
    return render(request, "approvals/person.html", shown, status=422 if refusal else 200)
