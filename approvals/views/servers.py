"""The servers: what each may do and does, proposals to change it, and the stop button."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.words import said

from .. import changes, stopping
from ..errors import BadChange, NotFound, Refusal
from ..forms.servers import ServerForm, filled
from ..models import Change
from ..queries import proposed
from ..queries import servers as read_servers
from ..rules import differences
from . import proposals
from .people import admin


@never_cache
@require_safe
def servers(request: HttpRequest) -> HttpResponse:
    """All servers, by name. For admins."""
    at = admin(request)
    search, after = (request.GET.get(name, "").replace("\0", "").strip()[:120] for name in ("q", "after"))
    lines, following = read_servers.read(search=search, after=after, at=at)
    shown = {"servers": lines, "next": following, "after": after, "search": search, "at": at}
    return render(request, "approvals/servers.html", shown)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def server_new(request: HttpRequest) -> HttpResponse:
    """Register a server: a change like any other of it."""
    at = admin(request)
    if request.method != "POST":
        return _form(request, ServerForm(), at=at)
    form = ServerForm(request.POST)
    if not form.is_valid():
        return _form(request, form, at=at)
    name = form.cleaned_data["server"]
    try:
        if changes.current(about=Change.About.SERVER, subject=name, at=at) is not None:
            raise BadChange(said("A server named {name} is registered already.", name=name[:64]), pointer="/server")
        document = form.document(stopped=False, also_tools=[], also_hosts=[])
        return proposals.answer(
            request, _draft(name, None, document, sentence=said("Register the server {name}", name=name))
        )
    except Refusal as refusal:
        return _form(request, form, at=at, refusal=refusal)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def server(request: HttpRequest, name: str) -> HttpResponse:
    """One server; and proposals to change it."""
    at = admin(request)
    current = _current(name, at=at)
    if request.method != "POST":
        return _shown(request, name, ServerForm(initial=filled(current)), at=at)
    form = ServerForm(_said(request, name))
    if not form.is_valid():
        return _shown(request, name, form, at=at)
    try:
        document = form.document(
            stopped=current.get("stopped", False), also_tools=_ticked(request, "tools_add"),
            also_hosts=_ticked(request, "hosts_add"),
        )  # fmt: skip
        return proposals.answer(
            request, _draft(name, current, document, sentence=said("Change the server {name}", name=name))
        )
    except Refusal as refusal:
        return _shown(request, name, form, at=at, refusal=refusal)


@never_cache
@require_POST
def server_start(request: HttpRequest, name: str) -> HttpResponse:
    """Propose that a stopped server may ask again."""
    at = admin(request)
    current = _current(name, at=at)
    document = {key: value for key, value in current.items() if key != "stopped"}
    return _propose(
        request, name, _draft(name, current, document, sentence=said("Start {name} again", name=name)), at=at
    )


@never_cache
@require_POST
def server_token(request: HttpRequest, name: str) -> HttpResponse:
    """Propose a new bearer token. Its author fetches it, once, when it is confirmed."""
    at = admin(request)
    _current(name, at=at)
    draft = proposals.Draft(
        about=Change.About.TOKEN, subject=name, proposed={"server": name},
        sentence=said("A new token for {name}", name=name), back=reverse("server", args=[name]),
        differences=[differences.Difference(said("Tokens"), (said("those it has"),), (said("one new, shown once"),))],
    )  # fmt: skip
    return _propose(request, name, draft, at=at)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def server_stop(request: HttpRequest, name: str) -> HttpResponse:
    """Ask once more; then stop it at once, without a second admin."""
    at = admin(request)
    if request.method == "POST":
        try:
            stopping.stop(name=name, by=request.user, at=at)
        except NotFound as refusal:
            raise Http404(refusal.message) from refusal
        return redirect("server", name=name)
    page = read_servers.one(name=name, reader=request.user, at=at)
    if page is None:
        raise Http404
    return render(request, "approvals/server_stop.html", {"page": page, "at": at})


def _said(request: HttpRequest, name: str) -> Any:
    """What was sent, about the server of this address and no other."""
    said = request.POST.copy()
    said["server"] = name
    return said


def _ticked(request: HttpRequest, name: str) -> list[str]:
    """Names that were seen; PostgreSQL holds no NUL, so none has one."""
    return [each for each in request.POST.getlist(name) if "\0" not in each]


def _current(name: str, *, at: datetime) -> dict[str, Any]:
    current = changes.current(about=Change.About.SERVER, subject=name, at=at)
    if current is None:
        raise Http404
    return current


def _draft(
    name: str, current: dict[str, Any] | None, document: dict[str, Any], *, sentence: str
) -> proposals.Draft:  # fmt: skip
    return proposals.Draft(
        about=Change.About.SERVER, subject=name, proposed=document, sentence=sentence,
        back=reverse("server", args=[name]) if current else reverse("servers"),
        differences=differences.server(current, document),
    )  # fmt: skip


def _propose(request: HttpRequest, name: str, draft: proposals.Draft, *, at: datetime) -> HttpResponse:
    try:
        return proposals.answer(request, draft)
    except Refusal as refusal:
        current = _current(name, at=at)
        return _shown(request, name, ServerForm(initial=filled(current)), at=at, refusal=refusal)


def _shown(
    request: HttpRequest, name: str, form: ServerForm, *, at: datetime, refusal: Refusal | None = None
) -> HttpResponse:
    page = read_servers.one(name=name, reader=request.user, at=at)
    if page is None:
        raise Http404
    shown = {
        "page": page, "form": form, "refusal": refusal, "at": at, "owners": page.owners,
        "proposed": proposed.about(name, Change.About.SERVER, Change.About.TOKEN),
    }  # fmt: skip
    return render(request, "approvals/server.html", shown, status=422 if refusal or form.errors else 200)


def _form(request: HttpRequest, form: ServerForm, *, at: datetime, refusal: Refusal | None = None) -> HttpResponse:
    shown = {"form": form, "refusal": refusal, "at": at, "owners": read_servers.people()}
    return render(request, "approvals/server_new.html", shown, status=422 if refusal or form.errors else 200)
