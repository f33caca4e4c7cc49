"""Trying before trusting: who would get an ask, and what a draft would have changed."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import words

from .. import access, simulating, tracing
from ..errors import NotFound, Refusal, SimulationRunning
from ..forms.trying import SimulateForm, TryForm
from ..queries import simulations as found
from ..rules import strict_yaml

FIRST = ("server", "kind", "name")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def try_ask(request: HttpRequest) -> HttpResponse:
    """Who would get this ask. Posting changes nothing: an ask is too long for an address."""
    _require_part(request)
    at, servers = timezone.now(), found.servers()
    first = {name: request.GET[name].replace("\0", "")[:256] for name in FIRST if name in request.GET}
    form = TryForm(request.POST or None, servers=servers, initial=first)
    shown: dict[str, object] = {"form": form, "at": at, "servers": servers}
    if form.is_bound and form.is_valid():
        shown["trace"] = tracing.trace(ask=form.ask, server=form.cleaned_data["server"], at=at)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound and not form.is_valid() else HTTPStatus.OK
    return render(request, "approvals/try.html", shown, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def simulations(request: HttpRequest) -> HttpResponse:
    """Past simulations, and a new one: of the rule in force at `?checkpoint=`, or of a draft posted here."""
    _require_part(request)
    if request.method != "POST":
        return _simulations(request, SimulateForm(initial=_initial(request)))
    form = SimulateForm(request.POST)
    if not form.is_valid():
        return _simulations(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at = timezone.now()
    try:
        row = simulating.start(author=request.user, rule=form.rule, days=form.cleaned_data["days"], at=at)
    except SimulationRunning as refusal:
        return redirect("simulation", refusal.simulation_id)
    except Refusal as refusal:
        form.add_error("days" if refusal.pointer == "/days" else "draft", words.told(refusal.message))
        return _simulations(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect("simulation", row.pk)


@never_cache
@require_safe
def simulation(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """How far it is, or what it found. The page asks again every second until it is over."""
    at = timezone.now()
    try:
        run = found.one(user=request.user, simulation_id=simulation_id, at=at)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    if request.htmx and not run.running:  # the rest of the page changes too
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "approvals/simulation.html", {"run": run, "at": at})


@require_POST
def cancel(request: HttpRequest, simulation_id: int) -> HttpResponse:
    try:
        simulating.cancel(simulation_id=simulation_id, by=request.user, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    return redirect("simulation", simulation_id)


def _simulations(request: HttpRequest, form: SimulateForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    shown = {"form": form, "runs": found.listed(user=request.user), "at": timezone.now()}
    return render(request, "approvals/simulations.html", shown, status=status)


def _initial(request: HttpRequest) -> dict[str, object]:
    named = request.GET.get("checkpoint", "").replace("\0", "")[:150]
    document = found.in_force(checkpoint=named) if named else None
    return {"draft": strict_yaml.write(document) if document else "", "days": 30}


def _require_part(request: HttpRequest) -> None:
    """For admins, and for whoever holds any duty; to others these pages do not exist."""
    if not (access.is_admin(request.user) or access.duties(request.user, at=timezone.now())):
        raise Http404
