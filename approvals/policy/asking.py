"""Who asks: what matching and the bounds need to know of a server, and the lists an admin gave it."""

import json
from dataclasses import dataclass
from typing import Any

from accounts.models import Server

from .. import rows
from ..rules import matching

#: Servers that are not stopped; `{any}` takes their ids, `read_askers` reads the answer.
ASKERS = """
SELECT id, generation, name, environment, owner_id, tools, hosts, per_minute, pending_most
  FROM accounts_server WHERE id {any} AND stopped_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Asker:
    """A server that asks. `tools` are name patterns, `hosts` exact ones or `*.suffix`; None is no list of its own."""

    id: int
    name: str
    environment: str = ""
    owner_id: int | None = None
    tools: tuple[str, ...] | None = None
    hosts: tuple[str, ...] | None = None
    per_minute: int | None = None
    pending_most: int | None = None
    generation: int = 0

    @classmethod
    def of(cls, server: Server) -> "Asker":
        return cls(
            server.pk, server.name, server.environment, server.owner_id, _listed(server.tools), _listed(server.hosts),
            server.per_minute, server.pending_most, server.generation,
        )  # fmt: skip

    def lists(self, *, kind: str, name: str) -> bool:
        """Whether the server's own lists let it call this tool, or send somebody to this host."""
        if kind == "tool_call" and self.tools is not None:
            return any(matching.matches(pattern, name) for pattern in self.tools)
        if kind == "elicitation_url" and self.hosts is not None:
            return any(_is_host(name, listed) for listed in self.hosts)
        return True


def read_askers(found: rows.Answer) -> dict[int, Asker]:
    """Return the servers by id."""
    return {row[0]: _asker(*row) for row in found}


def _asker(
    server_id: int, generation: int, name: str, environment: str, owner_id: int | None, tools: Any, hosts: Any,
    per_minute: int | None, pending_most: int | None,
) -> Asker:  # fmt: skip
    listed = _listed(_said(tools)), _listed(_said(hosts))
    return Asker(server_id, name, environment, owner_id, *listed, per_minute, pending_most, generation)


def _said(column: Any) -> Any:
    """A JSON column comes as text when it is asked for without the ORM."""
    return json.loads(column) if isinstance(column, str | bytes) else column


def _listed(said: Any) -> tuple[str, ...] | None:
    return None if said is None else tuple(map(str, said))


def _is_host(name: str, listed: str) -> bool:
    host = listed.lower()
    return name.endswith(host[1:]) and len(name) >= len(host) if host.startswith("*.") else name == host
