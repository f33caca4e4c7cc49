"""Schemas of arguments: JSON Schema 2020-12, of which a known part is taken and everything else refused.

What a validator would silently pass over (a misspelt word, `format`, which no one checks by default) would make a rule
wider than it reads, so it is refused. No reference leaves the schema. Regular expressions run in an engine that takes
linear time, because what they meet is sent by servers; the library's own would take for ever on some.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from placet import canonical
from referencing import Registry

from accounts import words

from ...errors import BadSchema, ConditionFailed
from . import sizes
from .language import pattern_fits, pattern_trouble

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LONGEST = 16 * 1024  # bytes of a schema
DEEPEST = 24
MOST_PARTS = 500  # subschemas, counted as often as they are referred to
MOST_WORK = 200_000  # subschemas times values they meet
_ONE = {"not", "if", "then", "else", "contains", "propertyNames", "additionalProperties", "items"}
_MANY = {"allOf", "anyOf", "oneOf", "prefixItems"}
_NAMED = {"properties", "patternProperties", "dependentSchemas", "$defs"}
_BARE = {
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties",
    "minProperties", "required", "dependentRequired", "$ref",
}  # fmt: skip
_REMARKS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema"}
_KNOWN = _ONE | _MANY | _NAMED | _BARE | _REMARKS

type Errors = Iterator[ValidationError]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema that can be held against a value; threads may share it."""

    parts: int
    validator: Any

    def fits(self, value: Any) -> bool:
        """Whether the value fits; ConditionFailed when it is too much to look at."""
        values, _ = sizes.measured(value)
        if values * self.parts > MOST_WORK or values > sizes.MOST_VALUES:
            raise ConditionFailed(words.said("The arguments are too many to be held against the schema."))
        try:
            return self.validator.is_valid(value)
        except Exception as error:
            raise ConditionFailed(words.said("The arguments cannot be held against the schema.")) from error


def check_schema(said: Any) -> None:
    """BadSchema says what is wrong with a schema, and where."""
    schema(said)


def schema(said: Any) -> Schema:
    """Make a schema ready; the same one is made ready once."""
    try:
        raw = json.dumps(said, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadSchema(words.said("A schema consists of what JSON can say."), pointer="/arguments") from error
    return _ready(raw)


@lru_cache(maxsize=20_000)
def _ready(raw: str) -> Schema:
    if len(raw) > LONGEST:
        raise BadSchema(words.said("A schema has at most {longest} bytes.", longest=LONGEST), pointer="/arguments")
    said = json.loads(raw)
    if not isinstance(said, dict):
        raise BadSchema(words.said("A schema is an object."), pointer="/arguments")
    parts = _Count(said).parts(said, ())
    wrong = next(iter(Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(said)), None)
    if wrong is not None:
        raise _bad("This is no value for a schema here.", tuple(wrong.absolute_path))
    return Schema(parts, _Bounded(said, registry=Registry()))


class _Count:
    """Walks a schema: refuses what is not known, and counts the subschemas, each as often as it is referred to."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole
        self._known: dict[str, int] = {}
        self._open: list[str] = []

    def parts(self, said: Any, at: tuple[str, ...]) -> int:
        if isinstance(said, bool):
            return 1
        if not isinstance(said, dict):
            raise _bad("A schema is an object, true or false.", at)
        if len(at) > DEEPEST:
            raise _bad("The schema is too deep.", at)
        for word in said:
            if word not in _KNOWN:
                raise _bad(_unknown(word), (*at, word))
        if said.get("$schema", DIALECT) != DIALECT or (at and "$schema" in said):
            raise _bad(f"The only dialect here is {DIALECT}.", (*at, "$schema"))
        _check_patterns(said, at)
        total = 1 + sum(self.parts(each, place) for each, place in _inside(said, at)) + self._referred(said, at)
        if total > MOST_PARTS:
            raise _bad(f"The schema has more than {MOST_PARTS} parts.", at)
        return total

    def _referred(self, said: dict[str, Any], at: tuple[str, ...]) -> int:
        """How many parts a reference stands for: one into `$defs`, and never to itself."""
        if "$ref" not in said:
            return 0
        place, ref = (*at, "$ref"), said["$ref"]
        name = ref.removeprefix("#/$defs/") if isinstance(ref, str) else ""
        known = self._whole.get("$defs")
        if not isinstance(known, dict) or name not in known or ref != f"#/$defs/{name}" or set(name) & set("~%/"):
            raise _bad("A reference leads to #/$defs/ and a plain name that stands there.", place)
        if name in self._open:
            raise _bad("A reference may not come back to itself.", place)
        if name not in self._known:
            self._open.append(name)
            self._known[name] = self.parts(known[name], ("$defs", name))
            self._open.pop()
        return self._known[name]


def _inside(said: dict[str, Any], at: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    for word, value in said.items():
        if word in _ONE:
            yield value, (*at, word)
        elif word in _MANY and isinstance(value, list):
            yield from ((each, (*at, word, str(index))) for index, each in enumerate(value))
        elif word in _NAMED and isinstance(value, dict):
            yield from ((each, (*at, word, name)) for name, each in value.items())


def _check_patterns(said: dict[str, Any], at: tuple[str, ...]) -> None:
    named = said.get("patternProperties")
    patterns = [(said["pattern"], "pattern")] if "pattern" in said else []
    patterns += [(each, "patternProperties") for each in named] if isinstance(named, dict) else []
    for pattern, word in patterns:
        trouble = pattern_trouble(pattern) if isinstance(pattern, str) else "it is no text"
        if trouble:
            raise _bad(f"This is no regular expression here: {trouble}.", (*at, word))


def _unknown(word: str) -> str:
    if word == "format":
        return "A format is not checked by JSON Schema. Say it as a pattern."
    return f"{word[:60]} is not known here, so it would bound nothing."


def _bad(message: str, at: tuple[Any, ...]) -> BadSchema:
    escaped = (str(each).replace("~", "~0").replace("/", "~1") for each in at)
    return BadSchema(message, pointer="/".join(("/arguments", *escaped)))


def _pattern(validator: Any, pattern: str, value: Any, schema: Mapping[str, Any]) -> Errors:
    if isinstance(value, str) and not pattern_fits(pattern, value):
        yield ValidationError("pattern")


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], value: Any, schema: Mapping[str, Any]) -> Errors:
    for name in value if isinstance(value, dict) else ():
        for pattern, part in patterns.items():
            if pattern_fits(pattern, name):
                yield from validator.descend(value[name], part)


def _additional(validator: Any, part: Any, value: Any, schema: Mapping[str, Any]) -> Errors:
    if not isinstance(value, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name in value.keys() - known.keys():
        if not any(pattern_fits(pattern, name) for pattern in patterns):
            yield from validator.descend(value[name], part)


def _unique(validator: Any, wanted: bool, value: Any, schema: Mapping[str, Any]) -> Errors:
    """By canonical bytes: in these 1 and 1.0 are one number, and true is none. The library compares each with each."""
    if wanted and isinstance(value, list) and len({canonical.canonical(each) for each in value}) < len(value):
        yield ValidationError("uniqueItems")


_OURS: dict[str, Callable[..., Errors]] = {
    "pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional,
    "uniqueItems": _unique,
}  # fmt: skip
_Bounded = validators.extend(Draft202012Validator, _OURS)
