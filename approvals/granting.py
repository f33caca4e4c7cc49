"""Using grants: which living grant covers an ask, asked for and used up in the transaction that admits it.

A grant covers while it lives, while its rule is the one in force, and while who gave it could still say this yes. That
no use is counted twice is the table's own law; whoever loses a race for a use is sent to people.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import connection

from . import access, rows
from .models import GrantUse, Policy
from .rules import covering, statements

type Triple = tuple[int, str, str]  # id of the server, kind, name

# Locked as far as a revocation would change them: one that came first is seen, one that comes now waits for us.
_LIVING = """
SELECT given.id, given.server_id, given.kind, given.name, given.covers, given.policy_dig, given.uses_most,
       given.per_hour, person.id, person.username, person.email,
       (SELECT coalesce(max(number), 0) FROM approvals_grantuse WHERE grant_id = given.id),
       (SELECT count(*) FROM approvals_grantuse WHERE grant_id = given.id AND at > %s)
  FROM approvals_grant AS given
  JOIN accounts_user AS person ON person.id = given.created_by_id AND person.is_active
 WHERE given.revoked_at IS NULL AND given.expires_at > %s
   AND given.server_id {{any}} AND given.kind {{any}} AND given.name {{any}}
   AND EXISTS (SELECT 1 FROM accounts_membership AS member JOIN auth_group AS role ON role.id = member.role_id
                WHERE member.person_id = given.created_by_id AND role.name = given.role
                  AND member.starts_at <= %s AND (member.ends_at IS NULL OR member.ends_at > %s))
 ORDER BY given.expires_at, given.id {lock}
"""
_TEXTS = {"postgresql": _LIVING.format(lock="FOR SHARE OF given"), "sqlite": _LIVING.format(lock="")}
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Used:
    """A row of the table of uses, on its way there (see `rows.Light`)."""

    table: ClassVar = GrantUse
    action_id: UUID
    grant_id: UUID
    number: int
    at: datetime


@dataclass(slots=True)
class Living:
    """A grant as one transaction sees it, with what was used of it."""

    id: UUID
    covers: bytes
    policy_dig: str
    uses_most: int
    per_hour: int
    giver_id: int
    giver: tuple[str, str]
    used: int
    lately: int

    def allows(
        self, *, params: Mapping[str, Any], policy: Policy, names: Iterable[str], server_owner_id: int | None
    ) -> bool:
        """Whether it covers an ask with these params that happens on behalf of these names."""
        if self.used >= self.uses_most or self.lately >= self.per_hour or self.policy_dig != policy.dig:
            return False
        username, email = self.giver
        if access.is_own(username=username, email=email, names=names):
            return False
        if policy.rule.exclude_server_owner and server_owner_id == self.giver_id:
            return False
        return covering.covers(self.covers, params=params)


class Grants:
    """The living grants of one batch, and the uses it makes of them."""

    def __init__(self, living: Mapping[Triple, list[Living]]) -> None:
        self._living = living
        self.uses: list[Used] = []

    @classmethod
    def none(cls) -> Self:
        return cls({})

    def like(self, triple: Triple) -> list[Living]:
        """Those for this server, kind and name; the one that ends first comes first."""
        return self._living.get(triple, [])

    def use(self, grant: Living, *, action_id: UUID, at: datetime) -> statements.GrantRef:
        """Count a use, not yet written; returns what the receipt says of it."""
        grant.used, grant.lately = grant.used + 1, grant.lately + 1
        self.uses.append(Used(action_id, grant.id, grant.used, at))
        return statements.GrantRef(str(grant.id), grant.uses_most - grant.used)


def ask(triples: Iterable[Triple], *, at: datetime) -> rows.Question:
    """Ask for the living grants of these asks; `read` reads the answer. Where there are none, it costs a look-up."""
    servers, kinds, names = (sorted(set(each)) for each in zip(*triples, strict=True))
    return _TEXTS[connection.vendor], [at - HOUR, at, servers, kinds, names, at, at]


def read(found: rows.Answer) -> Grants:
    living: dict[Triple, list[Living]] = defaultdict(list)
    for grant_id, server_id, kind, name, covers, *rest in found:
        dig, uses_most, per_hour, giver_id, username, email, used, lately = rest
        key = grant_id if isinstance(grant_id, UUID) else UUID(grant_id)
        grant = Living(key, bytes(covers), dig, uses_most, per_hour, giver_id, (username, email), used, lately)
        living[server_id, kind, name].append(grant)
    return Grants(living)
