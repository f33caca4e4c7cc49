"""Which field of the form a refusal's pointer into the document is about."""

from collections.abc import Mapping, Sequence

from .rows import ARGUMENTS

_FIELDS = {
    "deadline_seconds": "deadline", "warn_seconds": "warning", "valid_seconds": "valid", "caps": "caps_per_minute",
    "grants": "grants_uses",
}  # fmt: skip
_DEEPER = {
    ("caps", "pending"): "caps_pending", ("grants", "seconds"): "grants_time",
}  # fmt: skip
_ROWS = {"needs": ("need", "role"), "escalation": ("step", "role"), "logging": ("logging", "role"),
         "exceptions": ("exceptions", "role"), "watch": ("watch", "at")}  # fmt: skip
_CELLS = {"count": "count", "after_seconds": "after", "role": "role", "called": "called", "names": "names"}


def field_of(
    pointer: str | None, shown: Mapping[str, Sequence[int]], *, arguments: Mapping[str, int] | None
) -> str | None:
    """The name of the field, None for the whole.

    `shown` says in which rows the filled ones stand; `arguments` in which row each argument is bounded first, None when
    the schema was written as one.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in (pointer or "").split("/")[1:]]
    if not parts:
        return None
    if parts[0] == "arguments":
        named = parts[2] if parts[1:2] == ["properties"] and len(parts) > 2 else ""
        return "schema" if arguments is None else ARGUMENTS.key(arguments.get(named, 0), "value")
    if parts[0] in _ROWS:
        return _row(parts, shown)
    return _DEEPER.get(tuple(parts[:2]), _FIELDS.get(parts[0], parts[0]))


def _row(parts: Sequence[str], shown: Mapping[str, Sequence[int]]) -> str:
    name, usual = _ROWS[parts[0]]
    places = shown.get(name) or [0]
    index = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    field = _CELLS.get(parts[2], usual) if len(parts) > 2 else usual
    return f"{name}_{places[min(index, len(places) - 1)]}_{field}"
