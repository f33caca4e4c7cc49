"""A person's passkeys: which they have, a new one, another name, and the end of one."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from placet import canonical

from accounts import directory as people
from accounts import passkeys as theirs
from accounts import proofs, words

from .. import access, changes, introducing
from ..errors import NotFound, Refusal
from ..forms.passkeys import NameForm, NewPasskeyForm
from ..forms.signing import read_json
from ..introducing import Ceremony
from . import signing

BEGUN = "passkey"  # in the session: the registration that was begun


@never_cache
@require_safe
def passkeys(request: HttpRequest) -> HttpResponse:
    """All of one's own, those that were revoked too."""
    return _shown(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey_new(request: HttpRequest) -> HttpResponse:
    """The form of a new one, for who proved a moment ago who they are; and what its ceremony came to."""
    if request.method != "POST":
        proofs.require(request)
        return _form(request)
    form = NewPasskeyForm(request.POST)
    begun = request.session.pop(BEGUN, None)
    if not form.is_valid():
        return _form(request, form=form, refused=" ".join(each[0] for each in form.errors.values()))
    at, said = timezone.now(), form.cleaned_data
    try:
        introducing.register(
            person=request.user, ceremony=Ceremony.of(begun, at=at), credential=read_json(said["credential"]),
            name=said["name"], introduced=read_json(said["introduced"]) if said["introduced"] else None, at=at,
            alone=not said["vouched"],
        )  # fmt: skip
    except Refusal as refusal:
        return _form(request, form=form, refused=refusal.message)
    return redirect("passkeys")


@never_cache
@require_POST
def passkey_begin(request: HttpRequest) -> HttpResponse:
    """What the browser is to make. The challenge waits in the session, and is good once."""
    if not proofs.recent(request):
        return JsonResponse({"again": reverse("passkey_new")}, status=HTTPStatus.FORBIDDEN)
    at = timezone.now()
    try:
        ceremony = Ceremony.begin(at=at)
    except Refusal as refusal:
        return JsonResponse({"message": words.told(refusal.message)}, status=HTTPStatus.CONFLICT)
    request.session[BEGUN] = asdict(ceremony)
    return JsonResponse(introducing.options(person=request.user, ceremony=ceremony))


@never_cache
@require_POST
def passkey_rename(request: HttpRequest, passkey_id: int) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _shown(request, refused=form.errors["name"][0])
    return _done(
        request, introducing.rename, passkey_id=passkey_id, person=request.user, name=form.cleaned_data["name"]
    )


@never_cache
@require_POST
@proofs.confirmed
def passkey_revoke(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """End one: one's own, or as an admin anybody's."""
    return _done(request, introducing.revoke, passkey_id=passkey_id, by=request.user)


@never_cache
@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """Who held which role with which passkeys, for verifiers to pin. For admins."""
    if not access.is_admin(request.user):
        raise Http404
    said = people.export(at=timezone.now())
    return HttpResponse(
        canonical.canonical(said), content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="directory.json"'},
    )  # fmt: skip


def _done(request: HttpRequest, verb: Any, **said: Any) -> HttpResponse:
    try:
        passkey = verb(**said, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except Refusal as refusal:
        return _shown(request, refused=refusal.message)
    mine = passkey.person_id == request.user.pk
    return redirect("passkeys") if mine else redirect("person", username=passkey.person.username)


def _shown(request: HttpRequest, *, refused: str = "") -> HttpResponse:
    shown = {"passkeys": theirs.of(request.user), "refused": refused, "at": timezone.now(), **_place(request)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "approvals/passkeys.html", shown, status=status)


def _form(request: HttpRequest, *, form: NewPasskeyForm | None = None, refused: str = "") -> HttpResponse:
    shown = {
        "form": form, "refused": refused, "live": theirs.live_of(request.user), "at": timezone.now(),
        "alone": request.user.is_staff and changes.alone(at=timezone.now()), **_place(request),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "approvals/passkey_new.html", shown, status=status)


def _place(request: HttpRequest) -> dict[str, Any]:
    """Whether passkeys work on this page, and where else."""
    party = theirs.relying_party()
    there = f"{party.origin}{request.path}" if party.id else ""
    return {"here": signing.is_here(request), "there": there, "origin": party.origin}
