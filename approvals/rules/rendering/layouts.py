"""What is laid out for each kind of action: the same bytes, read as a call, a conversation, a form or an address."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .addresses import Address, read_address
from .text import Piece, render
from .values import Path, Row, Rows, Sheet, Value, name_of

_TALK = frozenset({"messages", "tools", "systemPrompt"})  # what differs among these stands where they are shown
_TEXT_RULES = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "format", "pattern")


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of content in a conversation: its type, its text when it has one, and all else by name."""

    type: Value | None
    text: Value | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class Turn:
    role: Value | None
    blocks: list[Block]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Tool:
    name: Value | None
    description: Value | None
    rows: Rows


@dataclass(frozen=True, slots=True)
class Choice:
    value: Value
    title: Value | None


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `control` is how the subject answers: text, number, yes-no, one or many.

    `listed` is all that its schema says, by name, as far as it has a part here; `rows` is the rest.
    """

    name: tuple[Piece, ...]
    control: str
    type: Value | None
    title: Value | None
    description: Value | None
    required: bool
    default: Value | None
    defaults: list[Value]
    choices: list[Choice]
    rules: list[tuple[str, Value]]
    listed: tuple[Row, ...]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Layout:
    """An action's body laid out. Only the parts of its kind are there; `rest` is whatever no part asked for."""

    kind: str
    sheet: Sheet
    method: Value | None
    rest: Rows
    name: Value | None = None
    arguments: Rows | None = None
    system: Value | None = None
    turns: tuple[Turn, ...] = ()
    tools: tuple[Tool, ...] = ()
    limits: Rows | None = None
    message: Value | None = None
    fields: tuple[Field, ...] = ()
    required: Rows | None = None
    url: Value | None = None
    address: Address | None = None

    @property
    def waiting(self) -> list[str]:
        return self.sheet.waiting

    @property
    def alarms(self) -> int:
        return self.sheet.alarms


def lay_out(kind: str, body: Any, *, opened: frozenset[str] = frozenset(), before: Any = None) -> Layout:
    """Lay out the effective object of an action: `{"method", "params"}`. `before` is that of the last approved one."""
    sheet = Sheet(body, opened, before)
    method = sheet.take("method")
    parts = _PARTS[kind](sheet)
    return Layout(kind, sheet, method, rest=sheet.rows(), **parts)


def _tool_call(sheet: Sheet) -> dict[str, Any]:
    return {"name": sheet.take("params", "name"), "arguments": sheet.rows("params", "arguments", compare=True)}


def _sampling(sheet: Sheet) -> dict[str, Any]:
    params = sheet.value["params"]
    return {
        "system": sheet.take("params", "systemPrompt"),
        "turns": _each(sheet, params.get("messages"), lambda at: _turn(sheet, ("params", "messages", at))),
        "tools": _each(sheet, params.get("tools"), lambda at: _tool(sheet, ("params", "tools", at))),
        "limits": sheet.rows("params", compare=True, apart=_TALK),
    }


def _sampling_result(sheet: Sheet) -> dict[str, Any]:
    return {"turns": (_turn(sheet, ("params",), rows=False),), "limits": sheet.rows("params")}


def _elicitation_form(sheet: Sheet) -> dict[str, Any]:
    schema = sheet.value["params"].get("requestedSchema", {})
    properties = _object(schema.get("properties"))
    message = sheet.take("params", "message")
    required = {name for name in _list(schema.get("required")) if isinstance(name, str)}
    asked = islice(properties.items(), sheet.room(len(properties)))
    fields = tuple(_field(sheet, name, rule, required) for name, rule in asked)
    return {"message": message, "fields": fields, "required": sheet.rows("params", "requestedSchema", "required")}


def _elicitation_url(sheet: Sheet) -> dict[str, Any]:
    url = sheet.take("params", "url")
    address = read_address(url.plain) if url else None
    return {"url": url, "address": address, "message": sheet.take("params", "message")}


def _turn(sheet: Sheet, at: Path, *, rows: bool = True) -> Turn:
    role = sheet.take(*at, "role")
    content = _object(_at(sheet.value, at)).get("content")
    if isinstance(content, list) and content:
        blocks = list(_each(sheet, content, lambda index: _block(sheet, (*at, "content", index))))
    else:
        blocks = [_block(sheet, (*at, "content"))]
    return Turn(role, blocks, sheet.rows(*at) if rows else Rows("", (), 0))


def _block(sheet: Sheet, at: Path) -> Block:
    type_ = sheet.take(*at, "type")
    return Block(type_, sheet.take(*at, "text"), sheet.rows(*at))


def _tool(sheet: Sheet, at: Path) -> Tool:
    return Tool(sheet.take(*at, "name"), sheet.take(*at, "description"), sheet.rows(*at))


def _field(sheet: Sheet, name: str, rule: Any, required: set[str]) -> Field:
    at: Path = ("params", "requestedSchema", "properties", name)
    rule = _object(rule)
    type_, title, description = (sheet.take(*at, member) for member in ("type", "title", "description"))
    default = sheet.take(*at, "default")
    defaults = [d for d in _each(sheet, rule.get("default"), lambda i: sheet.take(*at, "default", i)) if d]
    rules = [(word, shown) for word in _TEXT_RULES if (shown := sheet.take(*at, word))]
    many = rule.get("type") == "array"
    choices = _choices(sheet, (*at, "items") if many else at, _object(rule.get("items")) if many else rule)
    inner = sheet.take(*at, "items", "type") if many else None
    said = [type_, title, description, *(value for _, value in rules), inner]
    said += [value for choice in choices for value in (choice.value, choice.title)] + [default, *defaults]
    listed = tuple(Row(name_of(value.path[len(at) :]), value) for value in said if value)
    return Field(
        render(name), _control(rule, choices), type_, title, description, name in required, default, defaults,
        choices, rules, listed, sheet.rows(*at),
    )  # fmt: skip


def _choices(sheet: Sheet, at: Path, rule: dict[str, Any]) -> list[Choice]:
    """Read `enum` with the older `enumNames`, or `oneOf` and `anyOf` with titles."""
    places = [(("enum", n), ("enumNames", n)) for n in range(sheet.room(len(_list(rule.get("enum")))))]
    for word in ("oneOf", "anyOf"):
        several = range(sheet.room(len(_list(rule.get(word)))))
        places += [((word, n, "const"), (word, n, "title")) for n in several]
    values = ((sheet.take(*at, *value), title) for value, title in places)
    return [Choice(value, sheet.take(*at, *title)) for value, title in values if value]


def _control(rule: dict[str, Any], choices: list[Choice]) -> str:
    if rule.get("type") == "array":
        return "many"
    if choices:
        return "one"
    return {"boolean": "yes-no", "integer": "number", "number": "number"}.get(str(rule.get("type")), "text")


def _each[T](sheet: Sheet, items: Any, lay: Callable[[int], T]) -> tuple[T, ...]:
    return tuple(lay(index) for index in range(sheet.room(len(_list(items)))))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


_PARTS: dict[str, Callable[[Sheet], dict[str, Any]]] = {
    "tool_call": _tool_call,
    "sampling": _sampling,
    "sampling_result": _sampling_result,
    "elicitation_form": _elicitation_form,
    "elicitation_url": _elicitation_url,
}
