"""One page of the map: its servers by kinds, and what is missing anywhere."""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts import times
from accounts.models import Server, User

from ... import access
from ...models import Action, Kind
from . import seen, volume, wanting
from .holding import Holding, Post
from .revisions import Stop, stops
from .volume import Volume

KINDS = tuple(Kind.values)
SIZE = 25  # servers on a page
SHOWN = 4  # rules in one crossing; more are told by number
LATEST = 200  # asks of a server among which one is looked for that stopped where its reader holds a duty
LISTED = 50  # gaps of one sort at the top; the export has all


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader narrows the map to, as it stands in the address; `moment` None is now."""

    server: str = ""
    after: str = ""
    moment: datetime | None = None
    wrong: bool = False

    @classmethod
    def read(cls, query: dict[str, str], *, at: datetime) -> "Wanted":
        def text(name: str) -> str:
            return query.get(name, "").replace("\0", "").strip()[:64]

        moment = times.read(said) if (said := text("moment")) else None
        wrong = bool(said) and (moment is None or moment > at)
        return cls(text("server"), text("after"), None if wrong else moment, wrong)

    @property
    def address(self) -> str:
        moment = self.moment.isoformat().replace("+00:00", "Z") if self.moment else ""
        said = {"server": self.server, "moment": moment, "after": self.after}
        return "?" + urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Place:
    """One rule in one crossing, and who holds its duties."""

    stop: Stop
    posts: tuple[Post, ...]
    gaps: list[wanting.Gap]


@dataclass(frozen=True, slots=True)
class Cell:
    """Where one server and one kind cross.

    `common` counts rules for every server that hold here too, `unmapped` names that none of them is about.
    """

    kind: str
    places: list[Place]
    more: int
    common: int
    unmapped: int
    gap: bool
    volume: Volume | None

    @property
    def closed(self) -> bool:
        return not self.places and not self.common


@dataclass(frozen=True, slots=True)
class Row:
    """One server, or every server (None)."""

    server: Server | None
    cells: list[Cell]

    @property
    def last_at(self) -> datetime | None:
        return max((cell.volume.last_at for cell in self.cells if cell.volume and cell.volume.last_at), default=None)


@dataclass(frozen=True, slots=True)
class Map:
    """A page of it. Of the gaps the first are here, and how many there are; `unsearched`: not all names were looked at.

    `admin` is whether its reader sees all of it and may change it; others see where they hold a duty.
    """

    rows: list[Row]
    next: str
    gaps: list[wanting.Gap]
    unmapped: list[seen.Unmapped]
    counts: dict[str, int]
    unsearched: bool
    admin: bool


def read(*, user: User, wanted: Wanted, at: datetime) -> Map | None:
    """Read one page; None for somebody who has no business here."""
    admin = access.is_admin(user)
    mine = None if admin else set(access.duties(user, at=at))
    if mine is not None and not mine:
        return None
    every = stops(moment=wanted.moment, only=mine)
    found = [stop for stop in every if not wanted.server or stop.rule.server in (None, wanted.server)]
    holding = Holding.of((stop.rule for stop in found), moment=wanted.moment, at=at)
    servers = list(_servers(wanted, None if admin else found)[: SIZE + 1])
    following = replace(wanted, after=servers[SIZE - 1].name).address if len(servers) > SIZE else ""
    volumes = volume.read([s.pk for s in servers[:SIZE]], moment=wanted.moment or at, checkpoints=mine)
    missing = wanting.gaps(found, holding)
    unmapped, unsearched = seen.unmapped(every, moment=wanted.moment, server=wanted.server) if admin else ([], False)
    rows = _rows(servers[:SIZE], found, holding, volumes, missing, unmapped, first=not wanted.after)
    counts = _counts(rows) | {"gaps": len(missing), "unmapped": len(unmapped), "rules": len(found)}
    told = missing[:LISTED] if wanted.moment else wanting.with_unseen(missing[:LISTED])
    return Map(rows, following, told, unmapped[:LISTED], counts, unsearched, admin)


def _servers(wanted: Wanted, own: list[Stop] | None) -> QuerySet[Server]:
    """By name; of those who see only their own, the servers that their rules name, or that lately asked there."""
    found = Server.objects.select_related("owner").order_by("name")
    if own is not None:
        latest = Action.objects.filter(server=OuterRef(OuterRef("pk"))).order_by("-id").values("pk")[:LATEST]
        places = {stop.policy.checkpoint_id for stop in own}
        asked = Exists(Action.objects.filter(pk__in=Subquery(latest), checkpoint_id__in=places))
        found = found.filter(Q(name__in={stop.rule.server for stop in own} - {None}) | asked)
    if wanted.server:
        found = found.filter(name=wanted.server)
    if wanted.moment:
        found = found.filter(created_at__lte=wanted.moment)
    return found.filter(name__gt=wanted.after) if wanted.after else found


def _rows(
    servers: list[Server], found: list[Stop], holding: Holding, volumes: dict[tuple[int, str], Volume],
    missing: list[wanting.Gap], unmapped: list[seen.Unmapped], *, first: bool,
) -> list[Row]:  # fmt: skip
    by_place: dict[tuple[str | None, str], list[Stop]] = defaultdict(list)
    for stop in found:
        by_place[stop.rule.server, stop.rule.kind].append(stop)
    gaps: dict[int, list[wanting.Gap]] = defaultdict(list)
    for gap in missing:
        gaps[gap.stop.policy.pk].append(gap)
    nameless = Counter((each.server, each.kind) for each in unmapped)

    def cell(server: Server | None, kind: str) -> Cell:
        here = by_place[server.name if server else None, kind]
        places = [Place(stop, holding.posts(stop.rule), gaps[stop.policy.pk]) for stop in here[:SHOWN]]
        names = nameless[server.name, kind] if server else 0
        bad = bool(names) or any(gaps[stop.policy.pk] for stop in here)
        common = len(by_place[None, kind]) if server else 0
        asked = volumes.get((server.pk, kind)) if server else None
        return Cell(kind, places, len(here) - len(places), common, names, bad, asked)

    everybody = [None] if first and any(server is None for (server, _), here in by_place.items() if here) else []
    return [Row(server, [cell(server, kind) for kind in KINDS]) for server in [*everybody, *servers]]


def _counts(rows: list[Row]) -> dict[str, int]:
    """Of the crossings on this page: closed, with every owner, with a gap."""
    cells = [cell for row in rows if row.server for cell in row.cells]
    closed = sum(cell.closed and not cell.gap for cell in cells)
    gap = sum(cell.gap for cell in cells)
    return {"crossings": len(cells), "closed": closed, "with_gap": gap, "whole": len(cells) - closed - gap}
