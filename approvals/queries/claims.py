"""What a server says about its own ask, apart from what this console knows."""

from dataclasses import dataclass

from ..rules.rendering.values import Rows, Sheet, Value


@dataclass(frozen=True, slots=True)
class Claims:
    """What the server says about its own ask. `rows` is all of it that has no line of its own."""

    title: Value | None
    risk: Value | None
    reasoning: Value | None
    host: Value | None
    model: Value | None
    inside: Value | None
    principal: Value | None
    subject: Value | None
    rows: Rows


def read(sheet: Sheet) -> Claims:
    """Take what has a line of its own; the rest stays by name."""
    title, risk, reasoning = (sheet.take("claims", word) for word in ("title", "risk", "reasoning"))
    return Claims(
        title, risk, reasoning, sheet.take("identity", "host"), sheet.take("identity", "model"),
        sheet.take("origin", "name"), sheet.take("origin", "principal"), sheet.take("subject"), sheet.rows(),
    )  # fmt: skip
