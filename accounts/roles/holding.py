"""Who holds a role at a moment, and who stands in for those who are away."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from .. import absences
from ..models import User

# `{any}` stands where a list of names or ids is looked in, as in `approvals.rows`, which asks these questions beside
# others; `{now x}` where x has to hold now, which takes the moment twice.


def _timed(text: str) -> str:
    held = r"\1.starts_at <= %s AND (\1.ends_at IS NULL OR \1.ends_at > %s)"
    return re.sub(r"\{now (\w+)\}", held, text).replace("{most}", str(absences.MOST_LINKS))


_MEMBERS = _timed("""
SELECT role.name, person.id, person.username, person.email, member.id, absence.id, absence.ends_at
  FROM auth_group AS role
  JOIN accounts_membership AS member ON member.role_id = role.id AND {now member}
  JOIN accounts_user AS person ON person.id = member.person_id
  LEFT JOIN accounts_absence AS absence ON absence.person_id = person.id AND {now absence}
 WHERE role.name {any} AND person.is_active
 ORDER BY person.username
""")
_DELEGATIONS = _timed("""
SELECT role.name, absence.person_id, person.id, person.username, person.email,
       EXISTS (SELECT 1 FROM accounts_absence AS other WHERE other.person_id = person.id AND {now other})
  FROM auth_group AS role
  JOIN accounts_delegation AS delegation ON delegation.role_id = role.id
  JOIN accounts_absence AS absence ON absence.id = delegation.absence_id AND {now absence}
  JOIN accounts_user AS person ON person.id = delegation.delegate_id
 WHERE role.name {any} AND person.is_active
""")
# From those who stand in, up the chain of those who are away: everybody has at most one absence at a time and in it
# one delegate a role, so this finds for each person exactly those from whom `absences.stands_in` would lead to them.
_HELD = _timed("""
WITH RECURSIVE chain(person_id, role_id, absent_id, links, via) AS (
  SELECT delegation.delegate_id, delegation.role_id, absence.person_id, 1, CAST('' AS text)
    FROM accounts_delegation AS delegation
    JOIN accounts_absence AS absence ON absence.id = delegation.absence_id AND {now absence}
   WHERE delegation.delegate_id {any} AND NOT EXISTS (
         SELECT 1 FROM accounts_absence AS mine WHERE mine.person_id = delegation.delegate_id AND {now mine})
  UNION ALL
  SELECT chain.person_id, chain.role_id, absence.person_id, chain.links + 1,
         chain.via || linked.username || ' ' || linked.email || ' '
    FROM chain
    JOIN accounts_user AS linked ON linked.id = chain.absent_id AND linked.is_active
    JOIN accounts_delegation AS delegation
      ON delegation.delegate_id = chain.absent_id AND delegation.role_id = chain.role_id
    JOIN accounts_absence AS absence ON absence.id = delegation.absence_id AND {now absence}
   WHERE chain.links < {most}
),
held(person_id, role_id, role, membership_id, absent_id, absent, absent_email, via) AS (
SELECT person.id, role.id, role.name, member.id, NULL, '', '', CAST('' AS text)
  FROM accounts_membership AS member
  JOIN accounts_user AS person ON person.id = member.person_id
  JOIN auth_group AS role ON role.id = member.role_id
 WHERE person.id {any} AND person.is_active AND {now member}
 UNION ALL
SELECT person.id, role.id, role.name, member.id, absent.id, absent.username, absent.email, chain.via
  FROM chain
  JOIN accounts_user AS person ON person.id = chain.person_id AND person.is_active
  JOIN accounts_user AS absent ON absent.id = chain.absent_id AND absent.is_active
  JOIN auth_group AS role ON role.id = chain.role_id
  JOIN accounts_membership AS member
    ON member.role_id = role.id AND member.person_id = absent.id AND {now member}
)
""")

type Question = tuple[str, list[Any]]
type Found = Iterable[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Holder:
    """A person by whom a role is held now: in their own right, or standing in for `on_behalf_of`, who is away.

    `membership_id` is the row by which the role is held; of somebody who stands in, that of whom they stand in for.
    `away` is whether the person themselves is out of office; `until` when that absence ends, or the one by which they
    stand in (None: until further notice). `via` are the names and mail addresses of those between the two, who were
    named to stand in and are away themselves: they chose this person.
    """

    user_id: int
    username: str
    email: str
    role: str
    membership_id: int
    on_behalf_of_id: int | None = None
    on_behalf_of: str = ""
    on_behalf_of_email: str = ""
    away: bool = False
    until: datetime | None = None
    via: tuple[str, ...] = ()


def holders(
    roles: Iterable[str], *, at: datetime, standing_in: bool = True, away: bool = False
) -> dict[str, list[Holder]]:
    """Return role -> who holds it at that moment: active people, each once a role, in two queries.

    Whoever is away is left out (`away=True` keeps them, marked), and who stands in for them is there instead. Without
    `standing_in` nobody stands in, and whoever is away holds the role as usual.
    """
    names = sorted(set(roles))
    if not names:
        return {}
    questions = [ask_members(names, at=at), *([ask_delegations(names, at=at)] if standing_in else [])]
    answers = [_ask(question) for question in questions]
    read = read_holders(answers[0], answers[1] if standing_in else None, away=away)
    return {name: read.get(name, []) for name in names}


def ask_members(roles: Sequence[str], *, at: datetime) -> Question:
    """Ask who the members of these roles are, and which of them are away."""
    return _MEMBERS, [at, at, at, at, list(roles)]


def ask_delegations(roles: Sequence[str], *, at: datetime) -> Question:
    """Ask which delegations of these roles hold."""
    return _DELEGATIONS, [at, at, at, at, list(roles)]


def read_holders(members: Found, delegations: Found | None, *, away: bool = False) -> dict[str, list[Holder]]:
    """Read the answers to `ask_members` and `ask_delegations` (None: nobody stands in)."""
    own: dict[str, list[Holder]] = defaultdict(list)
    for role, user_id, username, email, membership_id, absence, until in members:
        own[role].append(Holder(user_id, username, email, role, membership_id, away=absence is not None, until=until))
    if delegations is None:
        return own
    given: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for role, *delegation in delegations:
        given[role].append(tuple(delegation))
    return {role: _resolved(held, given.get(role, []), away=away) for role, held in own.items()}


def held_by(person: User, *, at: datetime) -> list[Holder]:
    """Return all roles this person holds at that moment, in their own right first; one query."""
    return read_held(_ask(ask_held([person.pk], at=at)), people=[person]).get(person.pk, [])


def ask_held(people: Sequence[int], *, at: datetime, then: str = "SELECT * FROM held") -> Question:
    """Ask what these people hold, by their ids; `read_held` reads the answer.

    `then` may ask more of `held`: person_id, role_id, role, membership_id, and of whom they stand in for absent_id,
    absent, absent_email (NULL and "" of those who hold the role in their own right) and `via`, apart by spaces.
    """
    ids, now = list(people), [at, at]
    return _HELD + then, [*now, ids, *now, *now, ids, *now, *now]


def read_held(found: Found, *, people: Iterable[User]) -> dict[int, list[Holder]]:
    """Return person's id -> what they hold. Who is a member in their own right stands in for nobody in that role."""
    known = {person.pk: person for person in people}
    rows = sorted(found, key=lambda row: (row[4] is not None, row[2], row[5]))
    held: dict[int, dict[str, list[Holder]]] = defaultdict(lambda: defaultdict(list))
    for user_id, _, role, membership_id, *absent, via in rows:
        mine = held[user_id][role]
        if absent[0] is None or not any(holder.on_behalf_of_id is None for holder in mine):
            person = known[user_id]
            between = tuple(via.split())
            mine.append(Holder(user_id, person.username, person.email, role, membership_id, *absent, via=between))
    return {user_id: [each for mine in roles.values() for each in mine] for user_id, roles in held.items()}


def _resolved(members: list[Holder], given: list[tuple[Any, ...]], *, away: bool) -> list[Holder]:
    """One role's members, and who stands in for those of them that are away; each person once."""
    gone = {held.user_id for held in members if held.away} | {who for _, who, _, _, is_away in given if is_away}
    delegates = {absent: who for absent, who, *_ in given}
    people = {who: (username, email) for _, who, username, email, _ in given}
    named = {held.user_id: held for held in members if not held.away}
    for absent in [held for held in members if held.away]:
        *between, who = absences.links(absent.user_id, delegates=delegates, away=gone) or [None]
        if who is not None and who not in named:
            named[who] = Holder(
                who, *people[who], absent.role, absent.membership_id, absent.user_id, absent.username, absent.email,
                until=absent.until, via=tuple(name for each in between for name in people[each] if name),
            )  # fmt: skip
    kept = [held for held in members if held.away] if away else []
    return sorted([*named.values(), *kept], key=lambda held: held.username)


def _ask(question: Question) -> list[tuple[Any, ...]]:
    """Ask it alone. Who asks it beside others does so by `approvals.rows`."""
    text, params = question
    told = [each for param in params for each in (param if isinstance(param, list) else [param])]
    lists = iter([param for param in params if isinstance(param, list)])
    parts = text.split("{any}")
    whole = parts[0] + "".join(f"IN ({', '.join(['%s'] * len(next(lists)))}){part}" for part in parts[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            whole, [connection.ops.adapt_datetimefield_value(p) if isinstance(p, datetime) else p for p in told]
        )
        return [tuple(map(_aware, row)) for row in cursor.fetchall()]


def _aware(value: Any) -> Any:
    """SQLite says times without their zone."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
