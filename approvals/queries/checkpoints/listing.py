"""The list of checkpoints: what each stops, who must say yes, who holds it now, and what is missing.

Six queries, two for the session, however many checkpoints there are.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from accounts.models import Server, User

from ... import access
from ...models import Effect, Kind, Policy
from ...rules import readings
from ...rules.policies import Rule
from . import holding

PAGE = 40
SHOWS = ("", "retired")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is narrowed to, as it stands in its address; what makes no sense there is as if absent."""

    kind: str = ""
    server: str = ""
    effect: str = ""
    show: str = ""
    search: str = ""
    after: str = ""

    @classmethod
    def read(cls, query: dict[str, str]) -> "Wanted":
        def text(name: str, most: int) -> str:
            return query.get(name, "").replace("\0", "")[:most]

        return cls(
            kind=query["kind"] if query.get("kind") in Kind.values else "",
            server=text("server", 64),
            effect=query["effect"] if query.get("effect") in Effect.values else "",
            show=query["show"] if query.get("show") in SHOWS else "",
            search=text("q", 120).strip(),
            after=text("after", 150),
        )

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.server or self.effect or self.search or self.after)

    def address(self, **changes: str) -> str:
        changed = replace(self, **changes)
        said = {
            "kind": changed.kind, "server": changed.server, "effect": changed.effect, "show": changed.show,
            "q": changed.search, "after": changed.after,
        }  # fmt: skip
        return "?" + urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Row:
    """One checkpoint by its newest revision."""

    policy: Policy
    rule: Rule
    seats: list[holding.Seat]
    warnings: list[str]

    @property
    def needs(self) -> readings.Phrase:
        return readings.needs(self.rule)

    def names(self, duty: str) -> list[str]:
        """Who holds the duty, each person once."""
        return list(dict.fromkeys(h.username for seat in self.seats if seat.duty == duty for h in seat.people))

    @property
    def duties(self) -> list[tuple[str, list[str]]]:
        return [(duty, self.names(duty)) for duty in ("approval", "logging", "exceptions")]


@dataclass(frozen=True, slots=True)
class Listing:
    rows: list[Row]
    next: str
    servers: list[str]
    admin: bool


def read(*, user: User, wanted: Wanted, at: datetime) -> Listing:
    """Read one page: of all checkpoints for an admin, for others of those on which they hold a duty."""
    admin = access.is_admin(user)
    newest = _newest(Policy.objects.all() if admin else _of(user, at=at))
    found = list(
        _narrowed(newest, wanted).select_related("checkpoint", "server").order_by("checkpoint__name")[: PAGE + 1]
    )
    shown, more = found[:PAGE], len(found) > PAGE
    held = holding.now([policy.rule for policy in shown], at=at)
    rows = [
        Row(policy, policy.rule, holding.seats(policy.rule, held), holding.warnings(policy, held)) for policy in shown
    ]
    servers = list(Server.objects.order_by("name").values_list("name", flat=True)[:200])
    return Listing(rows, wanted.address(after=shown[-1].checkpoint.name) if more else "", servers, admin)


def _of(user: User, *, at: datetime) -> QuerySet[Policy]:
    return Policy.objects.filter(checkpoint_id__in=access.duties(user, at=at))


def _newest(policies: QuerySet[Policy]) -> QuerySet[Policy]:
    last = Policy.objects.filter(checkpoint=OuterRef("checkpoint")).order_by("-revision").values("revision")[:1]
    return policies.alias(last=Subquery(last)).filter(revision=F("last"))


def _narrowed(newest: QuerySet[Policy], wanted: Wanted) -> QuerySet[Policy]:
    found = newest.filter(retired=wanted.show == "retired")
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.effect:
        found = found.filter(effect=wanted.effect)
    if wanted.server:
        found = found.filter(Q(server__name=wanted.server) | Q(server=None))
    if wanted.search:
        found = found.filter(Q(checkpoint__name__icontains=wanted.search) | Q(pattern__icontains=wanted.search))
    return found.filter(checkpoint__name__gt=wanted.after) if wanted.after else found
