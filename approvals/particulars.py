"""What came with an ask that others look for: the tool's definition, and that its subject answers here.

Most asks have neither, and then nothing is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from . import access
from .models import Action, Definition, Policy, Question
from .submission import Submission

LONGEST_NAME = 300


@dataclass(frozen=True, slots=True)
class Defined:
    """A row of the table of definitions, on its way there (see `rows.Light`)."""

    table: ClassVar = Definition
    action_id: UUID
    server_id: int
    tool: str
    dig: str
    approved: str


@dataclass(frozen=True, slots=True)
class Questioned:
    """A row of the table of questions, on its way there."""

    table: ClassVar = Question
    action_id: UUID
    answerer: str
    until: datetime


def of(admitted: Iterable[tuple[Action, Submission, Policy | None]]) -> tuple[list[Defined], list[Questioned]]:
    """Return the rows, not yet written, of these new actions."""
    defined, questioned = [], []
    for action, ask, policy in admitted:
        if ask.definition:
            said = ask.definition
            defined.append(Defined(action.pk, action.server_id, said.tool, said.dig, said.approved))
        if ask.answered_here and policy:
            questioned.append(Questioned(action.pk, _answerer(action.subject), _until(action, policy)))
    return defined, questioned


def _answerer(subject: str) -> str:
    """The name as it is looked for. A name that folding made too long for the table is nobody's."""
    name = access.spoken(subject)
    return name if len(name) <= LONGEST_NAME else ""


def _until(action: Action, policy: Policy) -> datetime:
    """An approval given at the last moment could have been used until then, so the question is open until then."""
    return action.deadline_at + timedelta(seconds=policy.valid_seconds)
