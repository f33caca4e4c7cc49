"""What a gate found: which rule, and where."""

from dataclasses import dataclass

LONGEST = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """`rule` is a stable name, `pointer` a JSON pointer into the submission. `offset` counts characters in that text,
    -1 where the form itself is meant. The value is not here, and a pointer never runs through a name that was hit.
    """

    rule: str
    pointer: str
    offset: int = -1

    @property
    def is_form(self) -> bool:
        return self.rule.startswith("form.")

    @property
    def place(self) -> str:
        """The pointer, short enough for a line."""
        return self.pointer if len(self.pointer) <= LONGEST else f"{self.pointer[:LONGEST]}…"


def below(pointer: str, name: object) -> str:
    """The pointer (RFC 6901) of what has this name, or number, below."""
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
