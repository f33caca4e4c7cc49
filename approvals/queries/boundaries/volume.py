"""How much each server asked, by kind, in the thirty days before a moment: counted from its own end of an index."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ... import rows
from ...models import State
from ...rules import ids

DAYS = timedelta(days=30)
COUNTED = 10_000  # of one server; a page that counted millions would be slow, and say no more

_OF_SERVER = """
SELECT * FROM (SELECT server_id, kind, state, created_at FROM approvals_action
                WHERE server_id = %s AND id >= %s AND id < %s {mine} ORDER BY id DESC LIMIT %s) AS asks{place}
"""


@dataclass(frozen=True, slots=True)
class Volume:
    """What became of the asks; `more` when only the latest were counted."""

    asks: int = 0
    denied: int = 0
    last_at: datetime | None = None
    more: bool = False


def read(
    servers: Sequence[int], *, moment: datetime, checkpoints: Collection[int] | None
) -> dict[tuple[int, str], Volume]:
    """Return (server, kind) -> volume; only of asks at these checkpoints. One query."""
    if not servers:
        return {}
    bounds = [ids.floor(edge) for edge in (moment - DAYS, moment + timedelta(milliseconds=1))]
    mine = "AND checkpoint_id {any}" if checkpoints is not None else ""
    parts = [_OF_SERVER.format(mine=mine, place=place) for place in range(len(servers))]
    params = [p for server in servers for p in (server, *bounds, *([list(checkpoints)] if mine else []), COUNTED)]
    text = f"""SELECT server_id, kind, state, count(*), max(created_at) FROM ({" UNION ALL ".join(parts)}) AS every
               GROUP BY server_id, kind, state"""  # noqa: S608 (texts of our own)
    (found,) = rows.fetch((text, params))
    return _counted(found)


def _counted(found: rows.Answer) -> dict[tuple[int, str], Volume]:
    states: dict[tuple[int, str], dict[str, tuple[int, datetime]]] = defaultdict(dict)
    whole: dict[int, int] = defaultdict(int)
    for server, kind, state, count, last in found:
        states[server, kind][state] = (count, _time(last))
        whole[server] += count
    return {
        (server, kind): Volume(
            asks=sum(count for count, _ in by_state.values()), denied=by_state.get(State.DENIED, (0, None))[0],
            last_at=max(last for _, last in by_state.values()), more=whole[server] >= COUNTED,
        )
        for (server, kind), by_state in states.items()
    }  # fmt: skip


def _time(last: datetime | str) -> datetime:
    """SQLite gives the greatest time back as text: nothing tells it that this is one."""
    return datetime.fromisoformat(last).replace(tzinfo=UTC) if isinstance(last, str) else last
