"""What the console's own database role may do, as SQL: least of all change what was said.

Which tables are append-only is read from their triggers, so one that becomes so tomorrow is one here too. Of the few
rows that change in some columns, the others are named here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

READ_ONLY = frozenset({"django_migrations"})
#: What stays in a row of which something else may change.
FIXED: dict[str, frozenset[str]] = {
    "approvals_action": frozenset((
        "id", "server_id", "idempotency_key", "submission_dig", "kind", "name", "dig", "context_dig", "nonce",
        "subject", "session", "bundle", "sampling_action_id", "checkpoint_id", "policy_id", "created_at", "deadline_at",
    )),
    "approvals_edit": frozenset(("id", "action_id", "number", "editor_id", "dig", "at")),
    "approvals_answer": frozenset(("action_id", "person_id", "said", "dig", "at")),
    "accounts_passkey": frozenset(("id", "person_id", "credential_id", "public_key", "aaguid", "created_at")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and whether its triggers refuse every update, or every deletion."""

    name: str
    columns: tuple[str, ...]
    stays: bool = False
    kept: bool = False

    @property
    def changeable(self) -> tuple[str, ...]:
        """The columns that may be changed in a row that is there."""
        if self.stays:
            return ()
        return tuple(name for name in self.columns if name not in FIXED.get(self.name, ()))


def statements(tables: Iterable[Table], *, role: str) -> list[str]:
    """Take everything from the role, then give it what it needs. To run as the owner of the tables, in one go."""
    to = quoted(role)
    made = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE ALL ON SCHEMA public FROM {to}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {to}",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {to}",
        f"GRANT USAGE ON SCHEMA public TO {to}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {to}",
    ]
    return made + [f"GRANT {_rights(each)} ON {quoted(each.name)} TO {to}" for each in tables]


def quoted(name: str) -> str:
    """An identifier of PostgreSQL."""
    return '"' + name.replace('"', '""') + '"'


def _rights(table: Table) -> str:
    if table.name in READ_ONLY:
        return "SELECT"
    rights = ["SELECT", "INSERT"]
    changeable = table.changeable
    if changeable == table.columns:
        rights.append("UPDATE")
    elif changeable:
        rights.append(f"UPDATE ({', '.join(map(quoted, changeable))})")
    return ", ".join(rights if table.kept else [*rights, "DELETE"])
