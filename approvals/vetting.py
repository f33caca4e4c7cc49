"""Whether a rule can hold: its conditions compile, no other rule ties with it, and there are people enough to meet it.

Asked before a rule is proposed and again before it takes effect; and, because people leave, of all rules now and then.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts import passkeys, roles
from accounts.models import Absence, Role, Server
from accounts.words import said

from . import findings, policy
from .errors import BadEdit, BadPolicy, Unsatisfiable
from .models import Finding, Policy
from .rules import editing, satisfying
from .rules.policies import Rule

AGAIN = timedelta(days=1)  # what somebody resolved and still holds is found again after so long

_EMPTY = {
    "logging": lambda role: said("Nobody holds {role}, which has the duty of logging.", role=role),
    "exceptions": lambda role: said("Nobody holds {role}, which has the duty of exceptions.", role=role),
    "escalation": lambda role: said("Nobody holds {role}, to which it escalates.", role=role),
}

type Benches = Mapping[str, satisfying.Bench]


def vet(*, rule: Rule, at: datetime) -> list[str]:
    """Refuse a rule that could not hold: BadPolicy or Unsatisfiable, with the reason in words.

    Returns warnings: what can hold, and still deserves a look.
    """
    if rule.retired:
        return []
    policy.check(rule=rule, at=at)
    _require_kept(rule)
    return satisfiable(rule=rule, at=at)


def satisfiable(*, rule: Rule, at: datetime) -> list[str]:
    """Refuse what too few people could ever meet; see `vet`."""
    benches = _benches([rule], at=at)[rule.absence]
    barred = _of(rule, _owners([rule]))
    signers = _signers([rule], at=at)
    lacking = _lacking(rule, benches, barred)
    if lacking:
        raise Unsatisfiable(
            said("{checkpoint} {lacking}.", checkpoint=rule.checkpoint, lacking=lacking), pointer="/needs"
        )
    unsigned = _unsigned(rule, benches, barred, signers)
    if unsigned:
        raise Unsatisfiable(
            said("{checkpoint} {unsigned}.", checkpoint=rule.checkpoint, unsigned=unsigned), pointer="/passkey"
        )
    benches = _signing(rule, benches, signers)
    _require_roles(rule)
    _require_breakers(rule, benches)
    return _warnings(rule, benches, barred)


def unsatisfiable(*, rules: Iterable[Rule], at: datetime) -> dict[str, str]:
    """Return checkpoint -> why its rule can be met by nobody now; a constant number of queries for all of them."""
    rules = [rule for rule in rules if rule.needs and not rule.retired]
    benches, owners, signers = _benches(rules, at=at), _owners(rules), _signers(rules, at=at)
    found = {}
    for rule in rules:
        held, barred = benches[rule.absence], _of(rule, owners)
        found[rule.checkpoint] = _lacking(rule, held, barred) or _unsigned(rule, held, barred, signers)
    return {name: lacking for name, lacking in found.items() if lacking}


@transaction.atomic
def recheck(*, at: datetime) -> int:
    """Note every rule in force that nobody could meet now, unless it is noted already; return how many are new."""
    places = {each.checkpoint.name: each.checkpoint_id for each in in_force()}
    found = unsatisfiable(rules=(each.rule for each in in_force()), at=at)
    if not found:
        return 0
    known = _noted([places[name] for name in found], at=at)
    new = [
        findings.Noted(
            code=Finding.Code.UNSATISFIABLE,
            checkpoint_id=places[name],
            detail=str(said("{checkpoint} {lacking}.", checkpoint=name, lacking=lacking)),
        )
        for name, lacking in found.items()
        if places[name] not in known
    ]
    findings.record(new, at=at)
    return len(new)


def in_force() -> list[Policy]:
    """Return the revisions in force, their checkpoints with them."""
    return list(policy.book().policies.values())


def _require_kept(rule: Rule) -> None:
    """Refuse what would promise more than is kept."""
    if rule.edit and rule.effect != "review":
        raise BadPolicy(said("Only what people decide can be changed before a yes. Leave this empty."), pointer="/edit")
    for index, pointer in enumerate(rule.edit):
        try:
            editing.tokens(pointer)
        except BadEdit as error:
            raise BadPolicy(error.message, pointer=f"/edit/{index}") from error


def _lacking(rule: Rule, benches: Benches, barred: frozenset[int]) -> str | None:
    lacking = satisfying.shortfall(rule.needs, benches, without=barred)
    if not lacking or not barred:
        return lacking
    return said("{lacking}, not counting the owner of {server}", lacking=lacking, server=rule.server)


def _unsigned(rule: Rule, benches: Benches, barred: frozenset[int], signers: Collection[int]) -> str | None:
    """Why too few of them could sign, where each yes needs a passkey."""
    if rule.passkey != "required":
        return None
    lacking = satisfying.shortfall(rule.needs, _signing(rule, benches, signers), without=barred)
    return said("{lacking} with a passkey that counts", lacking=lacking) if lacking else None


def _signing(rule: Rule, benches: Benches, signers: Collection[int]) -> Benches:
    """The roles without those who could not sign; where nobody has to, as they are."""
    if rule.passkey != "required":
        return benches
    approving = {need.role for need in rule.needs} | {rule.break_glass}
    return _seated({role: _with_passkeys(b, signers) if role in approving else b for role, b in benches.items()})


def _with_passkeys(bench: satisfying.Bench, signers: Collection[int]) -> satisfying.Bench:
    return satisfying.Bench(voices=tuple(voice for voice in bench.voices if voice.person in signers))


def _signers(rules: Iterable[Rule], *, at: datetime) -> set[int]:
    """Who has a passkey, where one of these rules asks for it."""
    return passkeys.people_with(at=at) if any(rule.passkey == "required" for rule in rules) else set()


def _noted(checkpoint_ids: Collection[int], *, at: datetime) -> set[int]:
    lately = Q(resolved_at=None) | Q(resolved_at__gt=at - AGAIN)
    noted = Finding.objects.filter(lately, code=Finding.Code.UNSATISFIABLE, checkpoint_id__in=checkpoint_ids)
    return set(noted.values_list("checkpoint_id", flat=True))


def _require_roles(rule: Rule) -> None:
    named = {step.role: f"/escalation/{place}/role" for place, step in enumerate(rule.escalation)}
    named |= {rule.editors: "/editors"} if rule.editors else {}
    known = set(Role.objects.filter(name__in=named).values_list("name", flat=True)) if named else set()
    for role, pointer in named.items():
        if role not in known:
            lacks = said(
                "{checkpoint} would escalate to {role}: there is no such role.", checkpoint=rule.checkpoint, role=role
            )
            if pointer == "/editors":
                lacks = said(
                    "{checkpoint} would let itself be changed by {role}: there is no such role.",
                    checkpoint=rule.checkpoint,
                    role=role,
                )
            raise Unsatisfiable(lacks, pointer=pointer)


def _require_breakers(rule: Rule, benches: Benches) -> None:
    if rule.break_glass is None:
        return
    if not benches[rule.break_glass].voices:
        lacks = said("{role} could break the glass, and nobody holds it.", role=rule.break_glass)
        if rule.passkey == "required":
            lacks = said("{role} could break the glass, and nobody of it has a passkey.", role=rule.break_glass)
        raise Unsatisfiable(lacks, pointer="/break_glass")
    if not rule.exceptions:
        raise Unsatisfiable(
            said("Who breaks the glass is looked at afterwards: name a role for exceptions."), pointer="/exceptions"
        )


def _warnings(rule: Rule, benches: Benches, barred: Collection[int]) -> list[str]:
    told = [
        said("{role} has nobody to spare: what one of its people asks for, the others could not decide.", role=role)
        for role in satisfying.fragile(rule.needs, benches, without=barred)
    ]
    empty = {"logging": rule.logging, "exceptions": rule.exceptions, "escalation": [s.role for s in rule.escalation]}
    told += [
        _EMPTY[duty](role)
        for duty, named in empty.items() for role in named if not benches[role].voices
    ]  # fmt: skip
    return told + _changed_by(rule, benches) + _looked_at(rule, benches)


def _changed_by(rule: Rule, benches: Benches) -> list[str]:
    """A right to change it helps nobody who may not say yes to it."""
    if not rule.editors:
        return []
    able = {voice.person for need in rule.needs for voice in benches[need.role].voices}
    if able & {voice.person for voice in benches[rule.editors].voices}:
        return []
    return [said("Nobody of {role} may say yes here, so nobody could change anything.", role=rule.editors)]


def _looked_at(rule: Rule, benches: Benches) -> list[str]:
    """Nobody looks at a glass they broke themselves."""
    lookers = {voice.person for role in rule.exceptions for voice in benches[role].voices}
    breakers = {voice.person for voice in benches[rule.break_glass].voices} if rule.break_glass else set()
    if len(lookers) == 1 and lookers <= breakers:
        return [
            said("The only person with the duty of exceptions may break the glass, and nobody else would look at it.")
        ]
    return []


def _benches(rules: Collection[Rule], *, at: datetime) -> dict[str, Benches]:
    """Return, for rules in which somebody stands in for who is away and for those in which nobody does, the roles."""
    named: dict[str, set[str]] = {"delegate": set(), "none": set()}
    for rule in rules:
        named[rule.absence] |= roles_of(rule)
    held = {
        absence: roles.holders(names, at=at, standing_in=absence == "delegate", away=True)
        for absence, names in named.items()
    }
    gone = {holder.user_id for holders in held["delegate"].values() for holder in holders if holder.away}
    until = _until(gone, at=at)
    return {
        "delegate": _seated({role: _bench(each, until) for role, each in held["delegate"].items()}),
        "none": _seated({role: _usual(each) for role, each in held["none"].items()}),
    }


def _seated(benches: dict[str, satisfying.Bench]) -> Benches:
    """A role nobody has made yet is an empty one."""
    return defaultdict(satisfying.Bench, benches)


def _usual(holders: Iterable[roles.Holder]) -> satisfying.Bench:
    """Where nobody stands in, whoever is away is asked as usual."""
    return satisfying.Bench(voices=tuple(satisfying.Voice(each.user_id, each.user_id) for each in holders))


def _bench(holders: Iterable[roles.Holder], until: Mapping[int, datetime | None]) -> satisfying.Bench:
    holders = list(holders)
    covered = {each.on_behalf_of_id for each in holders}
    return satisfying.Bench(
        voices=tuple(satisfying.Voice(h.user_id, h.on_behalf_of_id or h.user_id) for h in holders if not h.away),
        away=tuple(
            satisfying.Away(h.username, until.get(h.user_id)) for h in holders if h.away and h.user_id not in covered
        ),
    )


def _until(people: Collection[int], *, at: datetime) -> dict[int, datetime | None]:
    away = Absence.objects.filter(Absence.at(at), person_id__in=people) if people else Absence.objects.none()
    return dict(away.values_list("person_id", "ends_at"))


def _owners(rules: Iterable[Rule]) -> dict[str, frozenset[int]]:
    """Server's name -> its owner of record, where a rule excludes them."""
    named = {rule.server for rule in rules if rule.exclude_server_owner and rule.server}
    owned = Server.objects.filter(name__in=named, owner__isnull=False) if named else Server.objects.none()
    return {name: frozenset({owner}) for name, owner in owned.values_list("name", "owner_id")}


def _of(rule: Rule, owners: Mapping[str, frozenset[int]]) -> frozenset[int]:
    """Whom the rule excludes beforehand."""
    return owners.get(rule.server or "", frozenset()) if rule.exclude_server_owner else frozenset()


def roles_of(rule: Rule) -> set[str]:
    held = {role for named in rule.roles.values() for role in named} | {step.role for step in rule.escalation}
    return held | ({rule.break_glass, rule.editors} - {None})
