"""One revision in force, as a book keeps it: what finding it takes, and the rest when it is asked for."""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db import connection

from .. import rows
from ..models import Checkpoint, Policy
from ..rules import conditions, matching

_FIELDS = [field.attname for field in Policy._meta.concrete_fields]
_READ = f"""
SELECT {", ".join(f"policy.{field.column}" for field in Policy._meta.concrete_fields)}, place.name, place.created_at
  FROM approvals_policy AS policy JOIN approvals_checkpoint AS place ON place.id = policy.checkpoint_id
"""  # noqa: S608 (our own columns)
_NEWEST = """
 WHERE NOT EXISTS (
   SELECT 1 FROM approvals_policy AS later
    WHERE later.checkpoint_id = policy.checkpoint_id AND later.revision > policy.revision)
 ORDER BY policy.id
"""
_SINCE = " WHERE policy.id >= %s ORDER BY policy.id"
NEVER = 2**62  # the id of a draft, which is newer than all
_ID, _CHECKPOINT, _KIND, _PATTERN, _SERVER, _EFFECT, _RETIRED, _DIG = map(
    _FIELDS.index, ("id", "checkpoint_id", "kind", "pattern", "server_id", "effect", "retired", "dig")
)


class Entry:
    """A revision. Reading ten thousand of them has to be quick, so its document is read when an ask comes near it."""

    def __init__(self, row: tuple[Any, ...]) -> None:
        self._row = row
        self.id: int = row[_ID]
        self.checkpoint_id: int = row[_CHECKPOINT]
        self.kind: str = row[_KIND]
        self.pattern: str = row[_PATTERN]
        self.server_id: int | None = row[_SERVER]
        self.effect: str = row[_EFFECT]
        self.retired: bool = row[_RETIRED]
        self.dig: str = row[_DIG]

    @classmethod
    def of(cls, policy: Policy) -> "Entry":
        """Make the entry of a revision that may not be in the table: a draft."""
        place = policy.checkpoint
        entry = cls((*(getattr(policy, field) for field in _FIELDS), place.name, place.created_at))
        entry.__dict__["policy"] = policy
        return entry

    @property
    def place(self) -> str:
        """The checkpoint's name."""
        return self._row[-2]

    @cached_property
    def policy(self) -> Policy:
        *values, name, created_at = self._row
        made = Policy.from_db(connection.alias, _FIELDS, values)
        made.checkpoint = _checkpoint(self.checkpoint_id, name, created_at)
        return made

    @cached_property
    def judge(self) -> conditions.Judge:
        return conditions.judge(self.policy.rule)

    @cached_property
    def exactness(self) -> matching.Exactness:
        rule = self.policy.rule
        return matching.exactness(
            self.pattern, server=self.server_id is not None, conditional=rule.conditional, rank=rule.rank
        )

    @property
    def order(self) -> tuple[matching.Exactness, int]:
        """The greater wins. Equally exact ones cannot be saved; those from before the rule: the older wins."""
        return self.exactness, -(self.id or NEVER)


def current() -> list[Entry]:
    """Read the newest revision of each checkpoint, the retired too."""
    return [Entry(row) for row in rows.fetch((_READ + _NEWEST, []))[0]]


def since(policy_id: int, dig: str) -> list[Entry] | None:
    """Read what was published after this revision; None when the table does not have it (any more)."""
    found = [Entry(row) for row in rows.fetch((_READ + _SINCE, [policy_id]))[0]]
    return found[1:] if found and (found[0].id, found[0].dig) == (policy_id, dig) else None


def _checkpoint(checkpoint_id: int, name: str, created_at: datetime) -> Checkpoint:
    return Checkpoint.from_db(connection.alias, ["id", "name", "created_at"], [checkpoint_id, name, created_at])
