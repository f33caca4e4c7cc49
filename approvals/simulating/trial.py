"""The book as it is beside the book as it would be with a draft: how an ask goes in each, and who would be asked."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from placet import canonical

from accounts.models import Server, User

from .. import access, assignment, policy
from ..models import Checkpoint, Policy, State
from ..rules import conditions, policies

#: What became of an ask whom people could decide; all else was decided without them, by its reason.
BY_PEOPLE = {
    (State.APPROVED, ""): "approved", (State.DENIED, "owner_denied"): "denied", (State.APPROVED, "policy"): "allowed",
    (State.APPROVED, "grant"): "granted", (State.APPROVED, "break_glass"): "glass",
}  # fmt: skip
REVIEWED = {"approved", "denied", "glass", "expired", "withdrawn", "pending"}
ROUTED = {"policy_denied", "policy_error", "outside_policy", "no_checkpoint", "no_owner", "not_listed"}
NOBODY = UUID(int=0)
NO_PLACE = -1


class Group(NamedTuple):
    """Asks that differ in nothing a rule without a condition looks at."""

    server_id: int
    kind: str
    name: str


class Route(NamedTuple):
    """How an ask would go with the draft. `touched`: not as it goes now; `meets`: it is the draft that it meets."""

    policy: Policy | None
    decision: str
    reason: str
    touched: bool
    meets: bool


class Unread(Exception):
    """What the ask holds has to be read to say."""


type Facts = Callable[[], conditions.Facts]


class Trial:
    """One draft, tried on what was recorded. Who holds roles, and how servers are listed, is as of `at`."""

    def __init__(self, rule: policies.Rule, *, at: datetime) -> None:
        self.at, self.rule = at, rule
        self.deadline = rule.deadline_seconds
        self.now, self.draft = policy.book(), _draft(rule, at=at)
        self.then = self.now.trying(self.draft)
        self.askers = {server.pk: policy.Asker.of(server) for server in Server.objects.all()}
        self._alike: tuple[dict[Group, policy.Found | None], ...] = ({}, {})
        self._needs: dict[int, tuple[policies.Need, ...]] = {}
        self._asked: dict[tuple[int | None, int, frozenset[str]], tuple[int, ...] | None] = {}
        self._known: frozenset[str] | None = None

    def glance(self, group: Group) -> Route | None:
        """How all asks of the group go; None when that depends on what they hold."""
        try:
            return self._route(group, _unread)
        except Unread:
            return None

    def route(
        self, group: Group, *, params: dict[str, Any], context: dict[str, Any], subject: str, at: datetime
    ) -> Route:  # fmt: skip
        """How one ask goes. The moment it knows is the one at which it came."""
        asker = self.askers[group.server_id]
        known = conditions.facts(
            kind=group.kind, name=group.name, server=asker.name, environment=asker.environment, params=params,
            signals=context.get("signals", {}), subject=subject,
            principal=context.get("origin", {}).get("principal", ""), at=at,
        )  # fmt: skip
        return self._route(group, lambda: known)

    def asked(self, route: Route, *, server_id: int, names: Sequence[str]) -> tuple[int, ...] | None:
        """Ids of the people who would be asked first; None when nobody could decide it."""
        if route.decision != "review":
            return ()
        own = frozenset(self._people(names))
        key = (route.policy.pk, server_id, own)
        if key not in self._asked:
            self._asked[key] = self._plan(route.policy, server_id=server_id, names=sorted(own))
        return self._asked[key]

    def was(self, state: str, reason: str) -> str:
        """What became of an ask, in one word: how people decided, or the reason why they were not asked."""
        return BY_PEOPLE.get((state, reason)) or (reason if state == State.DENIED else str(state))

    def compare(
        self, *, state: str, reason: str, policy_id: int | None, route: Route, asked: tuple[int, ...] | None
    ) -> tuple[str, bool]:
        """What would become of an ask, in one word, and whether that is another way than the one it went."""
        was = self.was(state, reason)
        if was not in REVIEWED | ROUTED | {"allowed", "granted"}:
            return was, False  # refused for what it holds, whatever the rules say
        went = "review" if was in REVIEWED else {"allowed": "allow", "granted": "grant"}.get(was, was)
        goes = {"review": "no_owner" if asked is None else "review", "allow": "allow"}.get(route.decision, route.reason)
        others = went == goes == "review" and self._needs_of(policy_id) != route.policy.rule.needs
        denied = went in ROUTED and goes in ROUTED  # for another reason, perhaps; it ends the same
        return "others" if others else goes, went != goes and not denied

    def _route(self, group: Group, facts: Facts) -> Route:
        now, then = self._find(self.now, group, facts), self._find(self.then, group, facts)
        meets = then.policy is self.draft and then.reason != "outside_policy"
        touched = meets or _way(now) != _way(then)
        return Route(then.policy, then.decision, then.reason, touched, meets)

    def _find(self, book: policy.Book, group: Group, facts: Facts) -> policy.Found:
        """What a book says; where it says the same of the whole group, it is asked once."""
        known = self._alike[book is self.then]
        if group not in known:
            try:
                known[group] = self._held(book, group, _unread)
            except Unread:
                known[group] = None
        found = known[group]
        return found if found is not None else self._held(book, group, facts)

    def _held(self, book: policy.Book, group: Group, facts: Facts) -> policy.Found:
        asker = self.askers[group.server_id]
        return book.find(kind=group.kind, name=group.name, server=asker, facts=facts)

    def _people(self, names: Sequence[str]) -> list[str]:
        """Those of the names that are somebody's here: others exclude nobody, and need not be told apart."""
        if self._known is None:
            everybody = User.objects.filter(is_active=True).values_list("username", "email")
            self._known = frozenset(access.spoken(name) for person in everybody for name in person if name)
        return [spoken for name in names if name and (spoken := access.spoken(name)) in self._known]

    def _plan(self, found: Policy, *, server_id: int, names: Sequence[str]) -> tuple[int, ...] | None:
        subject, principal = [*names, "", ""][:2]
        item = assignment.Item(
            action_id=NOBODY, policy=found, deadline_at=self.at, subject=subject, principal=principal,
            server_owner_id=self.askers[server_id].owner_id,
        )  # fmt: skip
        plan = assignment.plan([item], at=self.at)
        return None if plan.hopeless else tuple({each.owner_id: None for each in plan.named})

    def _needs_of(self, policy_id: int | None) -> tuple[policies.Need, ...]:
        if policy_id is None:
            return ()
        if policy_id not in self._needs:
            self._needs[policy_id] = Policy.objects.get(pk=policy_id).rule.needs
        return self._needs[policy_id]


def _draft(rule: policies.Rule, *, at: datetime) -> Policy:
    """The draft as a revision that was never saved, of its checkpoint or of one that is not there yet."""
    known = Checkpoint.objects.filter(name=rule.checkpoint).first()
    body = policies.stamped(rule, rev=0, published_at=at.isoformat(), published_by=None, confirmed_by=None)
    return Policy(
        checkpoint=known or Checkpoint(pk=NO_PLACE, name=rule.checkpoint, created_at=at), revision=0, kind=rule.kind,
        pattern=rule.pattern, server=Server.objects.get(name=rule.server) if rule.server else None,
        effect=rule.effect, need=rule.need, deadline_seconds=rule.deadline_seconds, valid_seconds=rule.valid_seconds,
        retired=rule.retired, body=body, dig=canonical.digest_bytes(body), created_at=at,
    )  # fmt: skip


def _way(found: policy.Found) -> tuple[int | None, str, str]:
    return found.policy.pk if found.policy else None, found.decision, found.reason


def _unread() -> conditions.Facts:
    raise Unread
