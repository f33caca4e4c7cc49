"""Drills: the console itself asks what ought to be denied, now and then, of people who all agreed to it.

A drill goes the whole way of an ask: routed, shown, decided, signed and in the ledger. It comes from a server of its
own, which never gets a credential, so nobody can use its receipt. Right after the verdict its page says what it was;
what was missed is a finding; and no statistics of real asks count it.
"""

import json
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from placet import canonical

from accounts import roles, servers
from accounts.models import Server, User
from accounts.words import said

from . import access, findings, intake, ledger, policy, submission
from .errors import BadDrills, NotAnAdmin, NotFound
from .models import Checkpoint, Consent, Drill, Finding, Practice, State
from .rules import drilling, policies

DEADLINE = 24 * 3600  # seconds in which a drill is decided, or missed


@transaction.atomic
def enable(*, role: str, server: str, exceptions: str, every_days: int, by: User, at: datetime) -> Practice:
    """Set up drills of a role. They begin when everybody who holds it has agreed.

    `server` is the name under which they ask: new, and one that nobody takes for a drill. `exceptions` is the role that
    hears what was missed. Only admins; NameTaken and the like when the name will not do.
    """
    if not access.is_admin(by):
        raise NotAnAdmin()
    if not 1 <= every_days <= 90:
        raise BadDrills(said("Ask one every 1 to 90 days."), pointer="/every_days")
    if Practice.objects.filter(role=role, ended_at=None).exists():
        raise BadDrills(said("This role has drills already."), pointer="/role")
    if role == exceptions:
        raise BadDrills(
            said("Whoever hears of it must be another role than the one that is drilled."), pointer="/exceptions"
        )
    if not roles.holders([role], at=at)[role]:
        raise BadDrills(said("Nobody holds this role now."), pointer="/role")
    if Checkpoint.objects.filter(name=f"{server}/calls").exists():
        raise BadDrills(said("Name it otherwise: there is a checkpoint of this name."), pointer="/server")
    made = servers.register(name=server, at=at)
    rule = policies.read({
        "checkpoint": f"{server}/calls", "kind": "tool_call", "pattern": "*", "server": server, "valid_seconds": 1,
        "needs": [{"role": role, "count": 1}], "exceptions": [exceptions], "deadline_seconds": DEADLINE,
    })  # fmt: skip
    place = policy.publish(rule=rule, by=by, at=at).checkpoint
    practice = Practice.objects.create(
        role=role, server=made, checkpoint=place, every_days=every_days, created_by=by, created_at=at
    )
    _record("drills.enabled", practice, by=by, at=at, said={"every_days": every_days, "exceptions": exceptions})
    return practice


@transaction.atomic
def end(*, practice_id: int, by: User, at: datetime) -> Practice:
    """No more drills of this role: an admin, or anybody who is drilled by taking back their consent."""
    if not access.is_admin(by):
        raise NotAnAdmin()
    practice = _open(practice_id)
    practice.ended_by, practice.ended_at = by, at
    practice.save(update_fields=["ended_by", "ended_at"])
    _record("drills.ended", practice, by=by, at=at)
    return practice


@transaction.atomic
def consent(*, practice_id: int, person: User, agrees: bool, at: datetime) -> Practice:
    """Agree to be drilled, or take it back; the same again changes nothing. Not your role means not found."""
    practice = _open(practice_id)
    if person.pk not in holders(practice, at=at):
        raise NotFound(said("There is no such drill here."))
    open_ = Consent.objects.filter(practice=practice, person=person, withdrawn_at=None)
    if agrees and not open_.exists():
        Consent.objects.create(practice=practice, person=person, at=at)
        _record("drills.agreed", practice, by=person, at=at)
    elif not agrees and open_.update(withdrawn_at=at):
        _record("drills.declined", practice, by=person, at=at)
    return practice


def holders(practice: Practice, *, at: datetime) -> dict[int, str]:
    """Who would be asked now: id -> user name."""
    return {each.user_id: each.username for each in roles.holders([practice.role], at=at)[practice.role]}


def agreed(practice: Practice, *, at: datetime) -> bool:
    """Whether everybody who would be asked has agreed; false when nobody would."""
    asked = holders(practice, at=at).keys()
    said = Consent.objects.filter(practice=practice, withdrawn_at=None).values_list("person_id", flat=True)
    return bool(asked) and asked <= set(said)


def run(*, at: datetime) -> int:
    """Ask the drills that are due, and note what became of those before; return how many were asked."""
    _tell(at=at)
    return sum(
        _ask_due(practice, at=at) for practice in Practice.objects.filter(ended_at=None).select_related("server")
    )


def ask(practice: Practice, *, at: datetime) -> Drill | None:
    """Ask one now; None when somebody has not agreed, or one is waiting."""
    with transaction.atomic():
        practice = Practice.objects.select_for_update().select_related("server").get(pk=practice.pk)
        if practice.ended_at or not agreed(practice, at=at):
            return None
        if practice.drills.filter(action__state=State.PENDING).exists():
            return None
        number = practice.drills.count()
        planted = drilling.choose(number, practice=practice.pk)
        value = drilling.ask(planted, mark=f"{4100 + secrets.randbelow(5000)}", nonce=secrets.token_urlsafe(16))
        parsed = submission.parse(json.dumps(value).encode())
        who = servers.Identity(id=practice.server_id, name=practice.server.name, generation=_generation(practice))
        (answer,) = intake.submit_many(items=[intake.Item(who, f"{number}", parsed)], at=at)
        if not isinstance(answer, intake.Admitted):
            raise answer
        drill = Drill.objects.create(action=answer.action, practice=practice, planted=planted.code, at=at)
        _record("drill.asked", practice, by=None, at=at, said={"planted": planted.code, "number": number})
    return drill


def _ask_due(practice: Practice, *, at: datetime) -> bool:
    last = practice.drills.first()
    since = last.at if last else practice.created_at - timedelta(days=practice.every_days)
    number = practice.drills.count()
    when = drilling.due(since, every_days=practice.every_days, practice=practice.pk, number=number)
    return at >= when and ask(practice, at=at) is not None


@transaction.atomic
def _tell(*, at: datetime) -> None:
    """Note what was missed, once each."""
    over = Drill.objects.select_for_update(of=("self",), skip_locked=True).filter(told_at=None)
    drills = list(over.exclude(action__state=State.PENDING).select_related("action", "practice").order_by("action_id"))
    missed = [drill for drill in drills if drill.action.state in (State.APPROVED, State.EXPIRED)]
    findings.record([_finding(drill) for drill in missed], at=at)
    Drill.objects.filter(pk__in=[drill.pk for drill in drills]).update(told_at=at)


def _finding(drill: Drill) -> findings.Noted:
    said = drill.action.reviews.order_by("-id").first()
    who = said.reviewer.username if said else drill.practice.role
    how = "said yes to" if said else "let pass"
    return findings.Noted(
        code=Finding.Code.DRILL, checkpoint_id=drill.practice.checkpoint_id, about=who, action_id=drill.action_id,
        detail=f"{who} {how} {drilling.words(drill.planted)}.",
    )  # fmt: skip


def _open(practice_id: int) -> Practice:
    found = Practice.objects.select_for_update().filter(pk=practice_id, ended_at=None).first()
    if found is None:
        raise NotFound(said("There is no such drill here."))
    return found


def _generation(practice: Practice) -> int:
    return Server.objects.values_list("generation", flat=True).get(pk=practice.server_id)


def _record(event: str, practice: Practice, *, by: User | None, at: datetime, said: dict | None = None) -> None:
    value = {"practice": practice.pk, "role": practice.role, "server": practice.server.urn} | (said or {})
    ledger.record(event=event, actor=by.urn if by else "console", dig=canonical.digest("drill", value), at=at)
