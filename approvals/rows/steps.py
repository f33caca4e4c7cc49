"""What one turn with the database consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db.models import Model

type Question = tuple[str, Sequence[Any]]
type Answer = list[tuple[Any, ...]]


class Light(Protocol):
    """What has a row's values as attributes, and names its table: a tenth of the cost of a model's instance."""

    table: ClassVar[type[Model]]


type Row = Model | Light


@dataclass(frozen=True, slots=True)
class Together:
    """Questions that one look at the database may answer, and rows that go in with it: none of them sees another.

    So no question may lock what another counts on. An `UPDATE … RETURNING` is a question too.
    """

    questions: tuple[Question, ...] = ()
    rows: tuple[Sequence[Row], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.questions) or any(self.rows)


type Step = Question | Together | Sequence[Row]


def is_rows(step: Step) -> bool:
    return not isinstance(step, Together) and not isinstance(step[0], str)


def table_of(rows: Sequence[Row]) -> type[Model]:
    return getattr(rows[0], "table", None) or type(rows[0])
