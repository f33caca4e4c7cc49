"""From a requested schema (MCP elicitation, form mode) to blanks.

Only what the protocol knows is taken from the schema: a pattern, a reference or any other rule is shown to the person,
and left to the server that wrote it. So no schema can make us search, recurse or fetch.
"""

from dataclasses import dataclass
from typing import Any

from ..rendering.layouts import Field, Layout, lay_out
from ..rendering.values import EVERYTHING
from ..secrets import asking
from .checking import is_right

PARTS = 500  # fields and choices that a form on a page has at most
LONG = 200  # characters from which on a text gets several lines
FORMATS = {"email": "email", "uri": "url", "date": "date", "date-time": "moment"}
WHOLE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Blank:
    """One question. `key` is its name in the page's form: foreign names never become attributes.

    `control` is one of text, long, email, url, date, moment, number, integer, yes-no, one, many. `rule` is the part of
    its schema that is checked. `default` is there only when it keeps that rule.
    """

    key: str
    name: str
    field: Field
    control: str
    rule: dict[str, Any]
    choices: tuple[Any, ...]
    default: Any
    credential: bool

    @property
    def required(self) -> bool:
        return self.field.required

    @property
    def least(self) -> Any:
        return self.rule.get("minLength", self.rule.get("minimum"))

    @property
    def most(self) -> Any:
        return self.rule.get("maxLength", self.rule.get("maximum"))


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A whole form. One that does not fit on a page has no blanks, and can only be declined or left."""

    layout: Layout
    blanks: tuple[Blank, ...]
    fits: bool

    @property
    def credential(self) -> bool:
        return any(blank.credential for blank in self.blanks)


def read(body: dict[str, Any]) -> Questionnaire:
    """Read the effective object of a form: `{"method", "params"}`."""
    layout = lay_out("elicitation_form", body, opened=frozenset({EVERYTHING}))
    rules = body["params"]["requestedSchema"].get("properties", {})
    parts = len(rules) + sum(len(field.choices) for field in layout.fields)
    if parts > PARTS or len(layout.fields) != len(rules):
        return Questionnaire(layout, (), fits=False)
    pairs = zip(rules.items(), layout.fields, strict=True)
    blanks = tuple(_blank(f"f{at}", name, raw, field) for at, ((name, raw), field) in enumerate(pairs))
    return Questionnaire(layout, blanks, fits=True)


def _blank(key: str, name: str, raw: dict[str, Any], field: Field) -> Blank:
    choices = tuple(choice.value.plain for choice in field.choices)
    rule = _rule(raw, choices)
    default = raw.get("default")
    title = raw.get("title") if isinstance(raw.get("title"), str) else ""
    return Blank(
        key, name, field, _control(raw, rule, choices), rule, choices,
        default if is_right(default, rule) else None, asking.is_asked_for(name, title),
    )  # fmt: skip


def _rule(raw: dict[str, Any], choices: tuple[Any, ...]) -> dict[str, Any]:
    kind = raw["type"]
    if kind == "array":
        items = {"enum": list(choices)} if choices else {"type": "string"}
        return {"type": "array", "items": items, "uniqueItems": True} | _counts(raw, "minItems", "maxItems")
    if choices:
        return {"enum": list(choices)}
    if kind == "string":
        known = {"format": raw["format"]} if isinstance(raw.get("format"), str) and raw["format"] in FORMATS else {}
        return {"type": "string"} | _counts(raw, "minLength", "maxLength") | known
    if kind in ("number", "integer"):
        bounds = {word: raw[word] for word in ("minimum", "maximum") if _is_number(raw.get(word))}
        return {"type": kind} | bounds
    return {"type": "boolean"}


def _counts(raw: dict[str, Any], *words: str) -> dict[str, int]:
    return {word: raw[word] for word in words if type(raw.get(word)) is int and 0 <= raw[word] <= WHOLE}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _control(raw: dict[str, Any], rule: dict[str, Any], choices: tuple[Any, ...]) -> str:
    if raw["type"] == "array":
        return "many"
    if choices:
        return "one"
    if raw["type"] != "string":
        return {"boolean": "yes-no"}.get(raw["type"], raw["type"])
    if "format" in rule:
        return FORMATS[rule["format"]]
    default = raw.get("default")
    several = isinstance(default, str) and ("\n" in default or len(default) > LONG)
    return "long" if several or rule.get("maxLength", 0) > LONG else "text"
