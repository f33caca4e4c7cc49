"""What a rule says, topic by topic: each member of the document belongs to exactly one of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from accounts.words import counted, grouped, said, told

from ..constraints import Constraint, simple
from ..policies import Need, Rule
from ..rendering import paths
from .phrases import Phrase, joined, phrased, time

_COMPARISON = re.compile(
    r"""\s*([a-z_][A-Za-z0-9_.]*)\s*(==|!=|<=|>=|<|>)\s*("[^"\\]*"|'[^'\\]*'|-?[0-9]+(?:\.[0-9]+)?|true|false)\s*"""
)
_SIGNS = {
    "==": said("{} is {}"), "!=": said("{} is not {}"), "<=": said("{} is at most {}"), ">=": said("{} is at least {}"),
    "<": said("{} is under {}"), ">": said("{} is over {}"),
}  # fmt: skip
_FORMS = {
    "is": said("{} being {}"), "one_of": said("{} one of {}"), "at_most": said("{} at most {}"),
    "at_least": said("{} at least {}"), "like": said("{} like {}"), "under": said("{} under {}"),
    "over": said("{} over {}"),
}  # fmt: skip
_AND, _THEN, _COMMA = said(" and "), said(" and then "), ", "


@dataclass(frozen=True, slots=True)
class Topic:
    """Members of the document that are read together, and the words for them."""

    name: str
    members: tuple[str, ...]
    words: Callable[[Rule], Phrase]


def stops(rule: Rule) -> Phrase:
    """What it stops: whose asks, of which kind and name."""
    server = phrased("{}", rule.server) if rule.server else phrased("any server")
    return phrased("When {} wants {}", server, _KINDS[rule.kind](rule.pattern))


def answer(rule: Rule) -> Phrase:
    """Who must say yes; or what the console answers by itself."""
    if rule.effect == "allow":
        return phrased("the console says yes at once, and nobody is asked")
    if rule.effect == "deny":
        return phrased("the console says no at once, and nobody is asked")
    return phrased("{} must say yes", needs(rule))


def needs(rule: Rule) -> Phrase:
    """So many people of which roles."""
    wanted = [_need(need, first=index == 0) for index, need in enumerate(rule.needs)]
    return joined(wanted, _THEN if rule.order == "sequential" else _AND)


def _need(need: Need, *, first: bool) -> Phrase:
    if not first:
        return phrased("{} of {}", str(need.count), need.role)
    if need.count == 1:
        return phrased("{} person of {}", str(need.count), need.role)
    return phrased("{} people of {}", str(need.count), need.role)


def _named(pattern: str, *, all_: str, some: str, one: str) -> Phrase:
    if pattern == "*":
        return phrased(all_)
    return phrased(some if "*" in pattern else one, pattern)


_KINDS: dict[str, Callable[[str], Phrase]] = {
    "tool_call": lambda p: _named(
        p, all_=said("to run any tool"), some=said("to run a tool named {}"), one=said("to run {}")
    ),
    "sampling": lambda p: _named(
        p, all_=said("the model to read something"), some=said("{} of the model"), one=said("{} of the model")
    ),
    "sampling_result": lambda p: _named(
        p, all_=said("the model’s answer back"), some=said("the answer to {} back"), one=said("the answer to {} back")
    ),
    "elicitation_form": lambda p: _named(
        p, all_=said("to ask a person with a form"), some=said("{} of a person"), one=said("{} of a person")
    ),
    "elicitation_url": lambda p: _named(
        p,
        all_=said("a person to open any link"),
        some=said("a person to open a link to {}"),
        one=said("a person to open a link to {}"),
    ),
}


def arguments(rule: Rule) -> Phrase:
    """What its arguments are like, as it follows on what is stopped."""
    rows = simple(rule.arguments)
    if rows is None:
        return phrased(" with {} that fit a schema of their own", _things(rule))
    return phrased(" with {}", joined(map(_constraint, rows), _AND)) if rows else ()


def _things(rule: Rule) -> Phrase:
    return phrased("arguments") if rule.kind == "tool_call" else phrased("parameters")


def _constraint(row: Constraint) -> Phrase:
    return phrased(_FORMS[row.form], row.argument, row.value)


def condition(rule: Rule) -> Phrase:
    """What else must hold, as it follows on the arguments."""
    if not rule.when:
        return ()
    compared = [_COMPARISON.fullmatch(part) for part in rule.when.split("&&")]
    if not all(compared):
        return phrased(", and the condition {} holds", rule.when)
    comparisons = [phrased(_SIGNS[m[2]], m[1], m[3].strip("\"'")) for m in compared if m]
    return phrased(", and {}", joined(comparisons, _AND))


def _deadline(rule: Rule) -> Phrase:
    return phrased("they have {} to decide; silence means no", time(rule.deadline_seconds))


def _escalation(rule: Rule) -> Phrase:
    if not rule.escalation:
        return phrased("nobody else is asked when time passes")
    steps = [phrased("after {} {} is asked too", time(step.after_seconds), step.role) for step in rule.escalation]
    return phrased("{}, and each of them counts for whoever is still missing", joined(steps, _COMMA))


def _warning(rule: Rule) -> Phrase:
    if rule.warn_seconds is None:
        return phrased("nobody is reminded before the deadline")
    return phrased("whoever was asked is reminded {} before the deadline", time(rule.warn_seconds))


def _life(rule: Rule) -> Phrase:
    return phrased("a yes is good for one use, within {}", time(rule.valid_seconds))


def _passkey(rule: Rule) -> Phrase:
    return (
        phrased("each yes needs a passkey")
        if rule.passkey == "required"
        else phrased("a passkey may be used, and need not be")
    )


def _dwell(rule: Rule) -> Phrase:
    if not rule.dwell_seconds:
        return phrased("a yes may come as soon as it is seen")
    return phrased("whoever says yes has had it before them for at least {}", time(rule.dwell_seconds))


def _edit(rule: Rule) -> Phrase:
    if not rule.edit:
        return phrased("nothing may be changed before a yes")
    who = phrased("those of them who hold {}", rule.editors) if rule.editors else phrased("they")
    places = joined([phrased("{}", paths.plainly(at) or told(said("all of it"))) for at in rule.edit], _COMMA)
    return phrased("{} may change {} before they say yes", who, places)


def _result(rule: Rule) -> Phrase:
    if rule.review_result:
        return phrased("what comes back is shown to them too, before the server gets it")
    return phrased("what comes back is not looked at")


def _caps(rule: Rule) -> Phrase:
    minute = (
        [phrased("ask at most {} times a minute here", grouped(rule.caps.per_minute))] if rule.caps.per_minute else []
    )
    waiting = [phrased("have at most {} asks waiting here", grouped(rule.caps.pending))] if rule.caps.pending else []
    return phrased(
        "a server may {}", joined([*minute, *waiting], _AND) or phrased("ask as often as its own bounds let it")
    )


def _absence(rule: Rule) -> Phrase:
    if rule.absence == "none":
        return phrased("nobody stands in for people who are away, who are asked all the same")
    return phrased("who is away is stood in for by their delegate")


def _excluded(rule: Rule) -> Phrase:
    if rule.exclude_server_owner:
        return phrased("on whose behalf it happens never decides it, nor does the owner of the server")
    return phrased("on whose behalf it happens never decides it")


def _grants(rule: Rule) -> Phrase:
    if rule.grants is None:
        return phrased("every ask is decided by itself: nobody can allow similar ones beforehand")
    uses = grouped(rule.grants.uses)
    return phrased("they may allow similar asks beforehand: at most {}, within {}", uses, time(rule.grants.seconds))


def _glass(rule: Rule) -> Phrase:
    if rule.break_glass is None:
        return phrased("nobody can break the glass")
    return phrased("one of {} alone may break the glass, loudly, and it is looked at afterwards", rule.break_glass)


def _logging(rule: Rule) -> Phrase:
    return _roles(rule.logging, said("{} can read what happens here"), said("nobody is named for logging"))


def _exceptions(rule: Rule) -> Phrase:
    return _roles(rule.exceptions, said("{} looks after what falls through"), said("nobody is named for exceptions"))


def _roles(roles: tuple[str, ...], some: str, none: str) -> Phrase:
    return phrased(some, joined([phrased("{}", role) for role in roles], _AND)) if roles else phrased(none)


def _consequence(rule: Rule) -> Phrase:
    return (
        phrased("owners read: {}", rule.consequence.removesuffix("."))
        if rule.consequence
        else phrased("no consequence is written for owners to read")
    )


def _watch(rule: Rule) -> Phrase:
    if not rule.watch:
        return phrased("no value is compared with those that were approved before")
    watched = [
        phrased("{} at {}", watch.word, paths.plainly(watch.at))
        if watch.called
        else phrased("{}", paths.plainly(watch.at))
        for watch in rule.watch
    ]
    known = sum(len(watch.names) for watch in rule.watch)
    places = joined(watched, _COMMA)
    if not known:
        return phrased("owners are told whether {} was approved before", places)
    names = told(counted("{number} name", "{number} names", count=known, number=grouped(known)))
    return phrased("owners are told whether {} was approved before, and {} for what stands there", places, names)


def _risk(rule: Rule) -> Phrase:
    words = {
        "low": said("it is low-risk: several of these may be approved at once"),
        "normal": said("each of these is approved by itself"),
        "high": said("it is high-risk: lists say so, and each is approved by itself"),
    }
    return phrased(words[rule.risk])


def _rank(rule: Rule) -> Phrase:
    return phrased("among rules that are just as exact, rank {} counts, and the highest wins", str(rule.rank))


def _retired(rule: Rule) -> Phrase:
    return phrased("it is retired, and stops nothing") if rule.retired else phrased("it is in force")


#: What the first sentence says, and how each part of it is called where two rules are compared.
OPENING = (
    Topic(said("Stops"), ("kind", "server", "pattern"), stops),
    Topic(said("Arguments"), ("arguments",), arguments),
    Topic(said("Condition"), ("when",), condition),
    Topic(said("Answer"), ("effect", "needs", "order"), answer),
    Topic(said("Deadline"), ("deadline_seconds",), _deadline),
)
REST = (
    Topic(said("Escalation"), ("escalation",), _escalation),
    Topic(said("Reminder"), ("warn_seconds",), _warning),
    Topic(said("Life of a yes"), ("valid_seconds",), _life),
    Topic(said("Passkey"), ("passkey",), _passkey),
    Topic(said("Time to look"), ("dwell_seconds",), _dwell),
    Topic(said("Edits"), ("edit", "editors"), _edit),
    Topic(said("Result"), ("review_result",), _result),
    Topic(said("Caps"), ("caps",), _caps),
    Topic(said("Absence"), ("absence",), _absence),
    Topic(said("Left out"), ("exclude_server_owner",), _excluded),
    Topic(said("Grants"), ("grants",), _grants),
    Topic(said("Breaking the glass"), ("break_glass",), _glass),
    Topic(said("Logging"), ("logging",), _logging),
    Topic(said("Exceptions"), ("exceptions",), _exceptions),
    Topic(said("Consequence"), ("consequence",), _consequence),
    Topic(said("Watched"), ("watch",), _watch),
    Topic(said("Risk"), ("risk",), _risk),
    Topic(said("Rank"), ("rank",), _rank),
    Topic(said("Retired"), ("retired",), _retired),
)
