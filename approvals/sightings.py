"""What each server was ever seen with: a kind and a name, by asking or in a list of tools that a gate saw.

The map shows of these which no rule stops. A name is new once, and asks are many: so what is known is remembered in the
process, up to a bound, and costs nothing. What is remembered was committed; what was forgotten is only asked for again.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from django.db import connection, transaction

from accounts import servers
from accounts.servers import Identity

from . import findings, rows
from .models import Finding, Kind, Sighting

NAMES = 2000  # a server may be seen with; a hostile one makes up a new name for every ask
REMEMBERED = 50_000
AGAIN = timedelta(hours=1)  # until a full server is looked at again: rows may be removed by hand

type Seen = tuple[int, str, str]  # id of the server, kind, name

# The two of them differ in how JSON is read alone. Names that are on record do not count against the bound.
_INSERT = """
INSERT INTO approvals_sighting (server_id, kind, name, listed, first_at)
SELECT server_id, kind, name, {listed}, {at}
  FROM (SELECT server_id, kind, name, row_number() OVER (PARTITION BY server_id ORDER BY kind, name) AS place
          FROM ({seen}) AS seen
         WHERE NOT EXISTS (SELECT 1 FROM approvals_sighting AS known WHERE known.server_id = seen.server_id
                              AND known.kind = seen.kind AND known.name = seen.name)) AS fresh
 WHERE place + (SELECT count(*) FROM approvals_sighting AS known WHERE known.server_id = fresh.server_id) <= {most}
 ORDER BY server_id, kind, name
    ON CONFLICT (server_id, kind, name) DO NOTHING
RETURNING 1
"""
_TEXTS = {
    "postgresql": _INSERT.format(
        listed="%s::boolean", at="%s::timestamptz", most="%s::bigint",
        seen="SELECT (n->>0)::bigint AS server_id, n->>1 AS kind, n->>2 AS name"
        " FROM json_array_elements(%s::json) AS n",
    ),
    "sqlite": _INSERT.format(
        listed="%s", at="%s", most="%s",
        seen="SELECT json_extract(value, '$[0]') AS server_id, json_extract(value, '$[1]') AS kind,"
        " json_extract(value, '$[2]') AS name FROM json_each(%s)",
    ),
}  # fmt: skip


class Memory:
    """What this process knows to be on record, the least recently seen forgotten first; and which servers are full."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Seen, None] = OrderedDict()
        self._full: dict[int, datetime] = {}

    def unknown(self, seen: Iterable[Seen], *, at: datetime) -> list[Seen]:
        with self._lock:
            new = set()
            for each in seen:
                if each in self._known:
                    self._known.move_to_end(each)
                elif (since := self._full.get(each[0])) is None or at - since >= AGAIN:
                    new.add(each)
            return sorted(new)

    def learn(self, seen: Iterable[Seen]) -> None:
        with self._lock:
            self._known.update(dict.fromkeys(seen))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def is_full(self, server_id: int, *, at: datetime) -> None:
        with self._lock:
            self._full[server_id] = at

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
            self._full.clear()
            findings.crowded.clear()


memory = Memory()


def step(seen: Iterable[Seen], *, at: datetime, listed: bool = False) -> rows.Step | None:
    """Return the one statement that records what was not seen before, for `rows.turn` in the caller's transaction.

    None when all of it is known. Two processes that see the same insert it once.
    """
    new = memory.unknown(seen, at=at)
    if not new:
        return None
    transaction.on_commit(lambda: _remember(new, at=at), robust=True)
    return _TEXTS[connection.vendor], [listed, at, json.dumps(new), NAMES]


@transaction.atomic
def listed(*, server: Identity, names: Sequence[str], at: datetime) -> int:
    """Record the names of tools that stand in this server's list; also those it has asked for before."""
    servers.require_current(server)
    found = step([(server.id, Kind.TOOL_CALL.value, name) for name in names], at=at, listed=True)
    if found:
        rows.turn(found)
    known = Sighting.objects.filter(server_id=server.id, kind=Kind.TOOL_CALL, name__in=names)
    known.filter(listed=False).update(listed=True)
    return known.count()


def _remember(new: Sequence[Seen], *, at: datetime) -> None:
    """Learn what is on record now. A server of which something is missing is full, which is a finding, once an hour."""
    ids, names = {server_id for server_id, _, _ in new}, {name for _, _, name in new}
    kept = Sighting.objects.filter(server_id__in=ids, name__in=names).values_list("server_id", "kind", "name")
    there = set(kept.iterator())
    memory.learn(each for each in new if each in there)
    full = sorted({server_id for server_id, kind, name in new if (server_id, kind, name) not in there})
    findings.crowded.difference_update(ids)
    findings.crowded.update(full)
    for server_id in full:
        memory.is_full(server_id, at=at)
    findings.record([_too_many(server_id) for server_id in full], at=at)


def _too_many(server_id: int) -> findings.Noted:
    return findings.Noted(
        code=Finding.Code.TOO_MANY_NAMES, server_id=server_id,
        detail=f"It was seen with {NAMES:,} different names. Of further ones the map says nothing.",
    )  # fmt: skip
