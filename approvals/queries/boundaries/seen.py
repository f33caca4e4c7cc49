"""What servers were ever seen with that no rule maps: to be mapped, or denied."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ...models import Sighting
from ...rules.matching import Shelf
from .revisions import Stop

MOST_SEEN = 50_000  # names that one page looks through


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A name of a server that no rule stops. `listed` is whether it stood in the server's list of tools."""

    server: str
    kind: str
    name: str
    listed: bool
    first_at: datetime


class Cover:
    """Which names the rules map, worked out once for names that many servers share."""

    def __init__(self, stops: Iterable[Stop]) -> None:
        self._shelves: dict[tuple[str, int | None], Shelf[Stop]] = defaultdict(Shelf)
        self._known: dict[tuple[str, int | None, str], bool] = {}
        for stop in stops:
            self._shelves[stop.policy.kind, stop.policy.server_id].put(stop.policy.pattern, stop)

    def maps(self, kind: str, server_id: int, name: str) -> bool:
        return self._meets(kind, None, name) or self._meets(kind, server_id, name)

    def _meets(self, kind: str, server_id: int | None, name: str) -> bool:
        asked = (kind, server_id, name)
        if asked not in self._known:
            shelf = self._shelves.get((kind, server_id))
            self._known[asked] = bool(shelf and shelf.meeting(name))
        return self._known[asked]


def unmapped(stops: Iterable[Stop], *, moment: datetime | None, server: str = "") -> tuple[list[Unmapped], bool]:
    """Return what no rule maps, by server and name; and whether there was more to look through."""
    found = list(_seen(moment, server)[: MOST_SEEN + 1])
    cover = Cover(stops)
    missing = [
        Unmapped(name_of_server, kind, name, listed, first_at)
        for server_id, name_of_server, kind, name, listed, first_at in found[:MOST_SEEN]
        if not cover.maps(kind, server_id, name)
    ]
    return missing, len(found) > MOST_SEEN


def _seen(moment: datetime | None, server: str) -> QuerySet:
    found = Sighting.objects.filter(server__stopped_at=None)
    if moment:
        found = Sighting.objects.filter(first_at__lte=moment)
    if server:
        found = found.filter(server__name=server)
    columns = ("server_id", "server__name", "kind", "name", "listed", "first_at")
    return found.order_by("server__name", "kind", "name").values_list(*columns)
