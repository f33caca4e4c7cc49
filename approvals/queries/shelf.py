"""What the head of a list offers this reader: the servers to choose from, and the views they saved. One statement."""

from dataclasses import dataclass

from accounts.models import User

from .. import rows

SERVERS = 50

_SERVERS = (
    f"SELECT 0 AS id, name, '' AS query FROM accounts_server WHERE stopped_at IS NULL ORDER BY name LIMIT {SERVERS}"  # noqa: S608
)
_SHELF = f"""
SELECT * FROM ({_SERVERS}) AS servers WHERE %s
 UNION ALL
SELECT id, name, query FROM approvals_savedview WHERE person_id = %s AND removed_at IS NULL
"""  # noqa: S608 (texts of our own)


@dataclass(frozen=True, slots=True)
class View:
    """A list as somebody saved it: its name, and what stands in its address."""

    id: int
    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Shelf:
    servers: list[str]
    views: list[View]


def read(*, user: User, servers: bool) -> Shelf:
    """Servers are named to whoever sees anything at all; views stand in the order in which they were saved."""
    (found,) = rows.fetch((_SHELF, [servers, user.pk]))
    kept = sorted(row for row in found if row[0])
    return Shelf(sorted(name for id, name, _ in found if not id), [View(*row) for row in kept])
