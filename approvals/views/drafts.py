"""How a rule is written: checked as often as one likes, then proposed, or published by who acts alone."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import proofs
from accounts.words import said, told

from .. import access, changes, vetting
from ..errors import NotFound, Refusal
from ..forms.checkpoints import ProposeForm, RuleForm, TrialForm
from ..models import Effect, Kind, Policy
from ..queries.checkpoints import drafts, one
from ..rules import conditions

#: What another page may say of a new rule in this page's address.
FIRST = {"checkpoint": 120, "server": 64, "pattern": 200, "kind": 20, "effect": 6}


@dataclass
class Desk:
    """Everything the page shows. `checked` is whether what was typed was judged."""

    form: RuleForm
    trial: TrialForm
    proposal: ProposeForm
    policy: Policy | None
    roles: list[str]
    alone: bool
    at: datetime
    checked: bool = False
    preview: drafts.Preview | None = None
    warnings: list[str] = field(default_factory=list)
    steps: list[drafts.Step] = field(default_factory=list)
    seen: drafts.Seen | None = None

    @property
    def fits(self) -> bool | None:
        """Whether the rule is about the ask it was tried on; None when nobody can say."""
        outcomes = [step.fits for step in self.steps]
        return False if False in outcomes else None if None in outcomes else True

    @property
    def wrong(self) -> bool:
        forms = (self.form, self.trial, self.proposal)
        return self.checked and any(form.is_bound and not form.is_valid() for form in forms)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new checkpoint. Another page may lead here with a server, a kind and a name in the address."""
    if not access.is_admin(request.user):
        raise Http404
    said = {name: request.GET[name].replace("\0", "")[:most] for name, most in FIRST.items() if name in request.GET}
    known = {"kind": Kind.values, "effect": Effect.values}
    document = {name: value for name, value in said.items() if value and value in known.get(name, [value])}
    if "checkpoint" not in document and {"server", "pattern"} <= document.keys():
        document["checkpoint"] = f"{document['server']}/{document['pattern']}"[:120]
    return _answered(request, {"kind": "tool_call"} | document, None)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, checkpoint_id: int) -> HttpResponse:
    """The next revision of a rule. What is retired comes back into force by it."""
    try:
        policy = one.newest(user=request.user, checkpoint_id=checkpoint_id)
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    document = {member: value for member, value in policy.rule.document.items() if member != "retired"}
    return _answered(request, document, policy)


def _answered(request: HttpRequest, document: dict[str, Any], policy: Policy | None) -> HttpResponse:
    desk = _desk(request, document, policy)
    do = request.POST.get("do", "")
    if desk.checked:
        _check(desk)
    elif policy and request.method != "POST":
        desk.preview = drafts.preview(rule=policy.rule, in_force=policy, at=desk.at)
    if do == "propose" and not desk.wrong and _is_current(request, desk):
        proofs.require(request)
        try:
            return redirect("change", change_id=_propose(request, desk).pk)
        except Refusal as refusal:
            (desk.proposal if refusal.pointer in ("/note", "/effective_at") else desk.form).refuse(refusal)
    desk.seen = _seen(desk.form)
    shown = {"desk": desk, "at": desk.at, "form": desk.form, "policy": policy, "variables": conditions.VARIABLES}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if desk.wrong else HTTPStatus.OK
    part = "#side" if request.htmx.target == "side" else ""
    return render(request, f"approvals/checkpoint_form.html{part}", shown, status=status)


def _desk(request: HttpRequest, document: dict[str, Any], policy: Policy | None) -> Desk:
    at = timezone.now()
    servers, roles = drafts.choices()
    do, sent = request.POST.get("do", ""), request.POST.dict()
    checked = request.method == "POST" and do in ("check", "propose")
    if checked:
        form = RuleForm(sent, document=document, servers=servers)
    elif request.method == "POST":
        form = RuleForm(
            document=document, servers=servers, typed=_as_schema(sent) if do == "schema" else sent,
            more=do.removeprefix("more:") if do.startswith("more:") else "",
        )  # fmt: skip
    else:
        form = RuleForm(document=document, servers=servers)
    return Desk(
        form=form, trial=_trial(request, do, checked=checked, at=at), policy=policy, roles=roles,
        alone=changes.alone(at=at),
        proposal=ProposeForm(sent) if checked else ProposeForm(initial=sent), checked=checked, at=at,
    )  # fmt: skip


def _trial(request: HttpRequest, do: str, *, checked: bool, at: datetime) -> TrialForm:
    """The ask to try it on: as typed, or the last one that the pattern fits and this person may see."""
    sent = request.POST.dict()
    if do != "last":
        return TrialForm(sent) if checked else TrialForm(initial=sent)
    found = drafts.last(
        user=request.user, kind=sent.get("kind", ""), server=sent.get("server", "")[:64],
        pattern=sent.get("pattern", "")[:200], at=at,
    )  # fmt: skip
    if found is None:
        return TrialForm(initial=sent | {"none_seen": True})
    return TrialForm(initial={
        "trial_name": found.name, "trial_server": found.server, "trial_subject": found.subject,
        "trial_params": json.dumps(found.params, indent=1, ensure_ascii=False),
        "trial_signals": json.dumps(found.signals, indent=1, ensure_ascii=False), "of": found.action,
    })  # fmt: skip


def _check(desk: Desk) -> None:
    """Judge what was typed: the form, then the rule against all others and the people there are."""
    if not desk.form.is_valid():
        return
    rule = desk.form.rule
    if desk.policy is None and drafts.is_taken(rule.checkpoint):
        desk.form.add_error(
            "checkpoint", said("A checkpoint of this name is there already. Edit that one, or choose another.")
        )
    try:
        desk.warnings = vetting.vet(rule=rule, at=desk.at)
    except Refusal as refusal:
        desk.form.refuse(refusal)
    desk.preview = drafts.preview(rule=rule, in_force=desk.policy, at=desk.at)
    if desk.trial.is_valid() and desk.trial.is_filled:
        desk.steps = drafts.tried(rule=rule, ask=_ask(desk.trial), at=desk.at)


def _ask(trial: TrialForm) -> drafts.Ask:
    said = trial.cleaned_data
    return drafts.Ask(
        said["trial_name"], said["trial_server"], said["trial_params"], said["trial_signals"], said["trial_subject"]
    )


def _is_current(request: HttpRequest, desk: Desk) -> bool:
    """Whether nobody published another revision since this page was opened."""
    if desk.policy is None or request.POST.get("base") == str(desk.policy.revision):
        return True
    message = said(
        "Revision {revision} was published while you wrote. Look at what differs from it, then propose.",
        revision=desk.policy.revision,
    )
    desk.form.add_error(None, told(message))
    return False


def _propose(request: HttpRequest, desk: Desk) -> Any:
    said = desk.proposal.cleaned_data
    return changes.propose(
        author=request.user, about="checkpoint", subject=desk.form.rule.checkpoint, proposed=desk.form.document,
        note=said["note"], effective_at=said["effective_at"], once=True, at=desk.at,
    )  # fmt: skip


def _as_schema(sent: dict[str, str]) -> dict[str, str]:
    """Rows of arguments as the schema they stand for, when they can be read."""
    form = RuleForm(sent, document={})
    form.is_valid()
    made = form.rule.arguments if form.rule else None
    if made is None:
        return sent
    kept = {name: value for name, value in sent.items() if not name.startswith("argument_")}
    return kept | {"schema": json.dumps(made, indent=2, ensure_ascii=False)}


def _seen(form: RuleForm) -> drafts.Seen | None:
    kind = form["kind"].value()
    if kind not in Kind.values:
        return None
    return drafts.seen(kind=kind, server=form["server"].value() or "", pattern=form["pattern"].value() or "")
