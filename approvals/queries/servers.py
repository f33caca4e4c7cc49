"""The servers: what each may do, what it does, and by which credentials. A fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import Server, ServerKey, ServerToken, User

from .. import findings, policy
from ..models import Action, Finding, Kind, Policy, Sighting, State
from ..rules import ids, matching

SIZE = 50
DAY, MONTH, MINUTE = timedelta(days=1), timedelta(days=30), timedelta(minutes=1)
COUNTED = 100_000  # asks of a month; beyond it the page says "and more"
SEEN, FOUND, RULES = 200, 10, 200
LISTS = {"tools": Kind.TOOL_CALL, "hosts": Kind.ELICITATION_URL}


@dataclass(frozen=True, slots=True)
class Line:
    """A server in the list."""

    server: Server
    pending: int
    day: int
    last: datetime | None
    credentials: int


@dataclass(frozen=True, slots=True)
class Use:
    """How much it asks: within a minute, a day, a month; and what waits."""

    minute: int
    day: int
    month: int
    pending: int
    last: datetime | None

    @property
    def month_and_more(self) -> bool:
        return self.month >= COUNTED


@dataclass(frozen=True, slots=True)
class Seen:
    """A name it was seen with. `plain`: it can stand in a list as it is, without meaning more than itself."""

    name: str
    listed: bool
    plain: bool


@dataclass(frozen=True, slots=True)
class ServerPage:
    server: Server
    use: Use
    tokens: list[ServerToken]
    key: ServerKey | None
    tools: list[Seen]
    hosts: list[Seen]
    rules: list[Policy]
    general: int
    findings: list[Finding]
    owners: list[str]

    @property
    def outside(self) -> int:
        return sum(not seen.listed for seen in (*self.tools, *self.hosts))


def read(*, search: str = "", after: str = "", at: datetime) -> tuple[list[Line], str]:
    """Read one page of the servers, by name, and the name the next page starts after."""
    latest = Action.objects.filter(server=OuterRef("pk")).order_by("-id").values("created_at")[:1]
    found = Server.objects.select_related("owner").annotate(last=Subquery(latest)).order_by("name")
    if search:
        found = found.filter(Q(name__icontains=search) | Q(title__icontains=search) | Q(environment__iexact=search))
    listed = list(found.filter(name__gt=after)[: SIZE + 1])
    following = listed[SIZE - 1].name if len(listed) > SIZE else ""
    shown = [server.pk for server in listed[:SIZE]]
    pending = _count(Action.objects.filter(server__in=shown, state=State.PENDING))
    today = _count(Action.objects.filter(server__in=shown, id__gte=ids.floor(at - DAY)))
    tokens = _count(ServerToken.objects.filter(server__in=shown, revoked_at=None))
    keys = _count(ServerKey.objects.filter(server__in=shown, revoked_at=None))
    return [
        Line(s, pending.get(s.pk, 0), today.get(s.pk, 0), s.last, tokens.get(s.pk, 0) + keys.get(s.pk, 0))
        for s in listed[:SIZE]
    ], following


def one(*, name: str, reader: User, at: datetime) -> ServerPage | None:
    """Read all about one server; None when there is none of this name."""
    server = Server.objects.select_related("owner").filter(name=name).first()
    if server is None:
        return None
    rules = sorted(policy.book().policies.values(), key=lambda each: each.checkpoint.name)
    seen = list(Sighting.objects.filter(server=server, kind__in=LISTS.values()).order_by("name")[: 2 * SEEN])
    open_ = findings.seen_by(reader, at=at).filter(server=server, resolved_at=None)
    return ServerPage(
        server=server, use=_use(server, at=at),
        tokens=list(server.tokens.filter(revoked_at=None).order_by("-created_at")),
        key=server.keys.filter(revoked_at=None).first(),
        tools=_seen(seen, Kind.TOOL_CALL, server.tools), hosts=_seen(seen, Kind.ELICITATION_URL, server.hosts),
        rules=[each for each in rules if each.server_id == server.pk][:RULES],
        general=sum(each.server_id is None for each in rules),
        findings=list(open_.select_related("checkpoint")[:FOUND]), owners=people(),
    )  # fmt: skip


def people() -> list[str]:
    """Who can answer for a server."""
    return list(User.objects.filter(is_active=True).order_by("username").values_list("username", flat=True)[:300])


def _use(server: Server, *, at: datetime) -> Use:
    """Ids sort by time, so each span is the end of one index."""
    mine = Action.objects.filter(server=server)
    month, day, minute = (mine.filter(id__gte=ids.floor(at - span)) for span in (MONTH, DAY, MINUTE))
    last = mine.order_by("-id").values_list("created_at", flat=True).first()
    return Use(
        minute=minute.count(), day=day.count(), month=month.order_by()[:COUNTED].count(),
        pending=mine.filter(state=State.PENDING).count(), last=last,
    )  # fmt: skip


def _seen(sightings: Iterable[Sighting], kind: str, allowed: list[str] | None) -> list[Seen]:
    """What it was seen with of this kind, what its list does not have first."""
    found = [
        Seen(each.name, _is_listed(each.name, allowed), _is_plain(each.name)) for each in sightings if each.kind == kind
    ]
    return sorted(found, key=lambda seen: (seen.listed, seen.name))[:SEEN]


def _is_listed(name: str, allowed: list[str] | None) -> bool:
    return allowed is None or any(matching.matches(pattern, name) for pattern in allowed)


def _is_plain(name: str) -> bool:
    """A name with a star in it, put into a list, would let in more than itself."""
    return "*" not in name and matching.is_pattern(name)


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    counted = rows.order_by().values("server_id").annotate(count=Count("pk"))
    return {row["server_id"]: row["count"] for row in counted}
