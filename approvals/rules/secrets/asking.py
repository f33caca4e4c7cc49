"""The form gate: whether an elicitation form asks for a credential, and where.

MCP: servers must not ask for secrets in form mode. A field's name or title that is a credential's word asks; a longer
text asks when it tells somebody to enter one, or begins with it. A choice, a tick or a plain number asks for none by
itself, but what is written beside it may. Only forms with somewhere to type are judged by their message.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from . import folding, words
from .hits import Hit, below

AT = "/mcp/params"
LONGEST = 20_000  # characters of one text that are read
REACH = 9  # words between a verb and what it asks for
_SENTENCE = re.compile(r"\.(?=\s|\Z)|[!?;:。！？；\n]+")
_NUMBERS = frozenset({"form.pin", "form.code", "form.card", "form.password"})
_WIDGETS = frozenset({"password", "secret", "credential", "credentials", "token"})

type Found = tuple[int, int, str]  # from which word, to which, whose rule


def asked(params: dict[str, Any]) -> list[Hit]:
    """Where the form of these params asks for a credential, one hit a rule; [] when it does not."""
    found: dict[str, Hit] = {}
    for hit in _hits(params):
        found.setdefault(hit.rule, hit)
    return list(found.values())


def is_asked_for(*texts: str) -> bool:
    """Whether one of these texts (a field's name, its title) reads like a credential, or near one: for a warning."""
    return any(_named(text[:400]) or _near(text[:400]) for text in texts)


def _near(text: str) -> bool:
    """Words that may mean a credential, and as often something else."""
    said = folding.words(text)
    return "key" in said or "clave" in said or "session id" in f"{' '.join(said)}"


def _hits(params: dict[str, Any]) -> Iterator[Hit]:
    schema = params.get("requestedSchema")
    yield from _of_schema(schema, f"{AT}/requestedSchema")
    message = params.get("message")
    if isinstance(message, str) and _takes_text(schema) and (rule := _told(message)):
        yield Hit(rule, f"{AT}/message")


def _of_schema(node: Any, at: str) -> Iterator[Hit]:
    """Every schema in it, however deep and whatever it is called: properties are fields, other texts are read."""
    if isinstance(node, list):
        for place, each in enumerate(node):
            yield from _of_schema(each, below(at, place))
    elif isinstance(node, str):
        if rule := _told(node):
            yield Hit(rule, at)
    elif isinstance(node, dict):
        for name, value in node.items():
            here = below(at, name)
            if name in ("properties", "patternProperties") and isinstance(value, dict):
                for field, rule in value.items():
                    yield from _of_field(field, rule, below(here, field))
            elif name == "required" and isinstance(value, list):
                known = node.get("properties") or {}
                unknown = [each for each in value if isinstance(each, str) and each not in known]
                yield from (Hit(rule, here) for each in unknown if (rule := _named(each)))
            else:
                yield from _of_schema(value, here)


def _of_field(name: str, rule: Any, at: str) -> Iterator[Hit]:
    said = rule if isinstance(rule, dict) else {}
    typed = _is_typed(said)
    other = (folding.words(name[:400]) or [""])[-1] in words.ENDS
    number = said.get("type") in ("number", "integer")
    for text, place in ((name, at), (said.get("title"), below(at, "title"))):
        found = _named(text) if typed and isinstance(text, str) and not (other and place == at) else None
        if found and (not number or found in _NUMBERS) and not (found == "form.pin" and _is_no_pin(name, said)):
            yield Hit(found, place)
    about = said.get("description")
    if typed and not number and not other and isinstance(about, str) and (found := _headed(about)):
        yield Hit(found, below(at, "description"))
    if typed and _is_masked(said):
        yield Hit("form.password", at)
    yield from _of_schema(rule, at)


def _is_no_pin(name: str, rule: dict[str, Any]) -> bool:
    """A postal code, or a pin of a board."""
    texts = [name, *(each for each in (rule.get("title"), rule.get("description")) if isinstance(each, str))]
    return any(not words.NO_PIN.isdisjoint(folding.words(text[:400])) for text in texts)


def _is_typed(rule: dict[str, Any]) -> bool:
    """Whether something may be typed there: no tick, and no choice among given values, as the page would draw it."""
    if rule.get("type") == "array":
        items = rule.get("items")
        return not _is_choice(items if isinstance(items, dict) else {})
    return rule.get("type") not in ("boolean", "null") and not _is_choice(rule)


def _is_choice(rule: dict[str, Any]) -> bool:
    titled = [each for word in ("oneOf", "anyOf") if isinstance(rule.get(word), list) for each in rule[word]]
    return (isinstance(rule.get("enum"), list) and bool(rule["enum"])) or any(
        isinstance(each, dict) and "const" in each for each in titled
    )


def _is_masked(rule: dict[str, Any]) -> bool:
    """JSON Schema's and form libraries' own signs of a hidden input."""
    shown = [rule.get(word) for word in ("format", "ui:widget", "x-widget", "widget", "inputType", "contentMediaType")]
    marked = any(rule.get(word) is True for word in ("writeOnly", "x-secret", "secret", "sensitive", "airbyte_secret"))
    return marked or any(isinstance(each, str) and each.casefold() in _WIDGETS for each in shown)


def _takes_text(schema: Any) -> bool:
    """Whether the form has somewhere to type a credential."""
    fields = schema.get("properties") if isinstance(schema, dict) else None
    rules = fields.values() if isinstance(fields, dict) else ()
    return any(_is_typed(rule) if isinstance(rule, dict) else True for rule in rules)


def _named(text: str) -> str | None:
    """The rule that a name or a title falls under."""
    text = text[:LONGEST]
    if len(text) > 120:
        return _headed(text) or _told(text)
    for said in folding.readings(text):
        for start, end, rule in _credentials(said):
            if said[0] not in words.FLAGS and not _speaks_about(said, start, end):
                return rule
    for word in folding.disguised(text):
        if rule := _in_disguise(word):
            return rule
    if rule := next((words.together()[word] for word in folding.whole(text) if word in words.together()), None):
        return rule
    plain = folding.folded(text).replace(" ", "") if not text.isascii() else ""
    return next((rule for word, rule in words.unspaced().items() if word in plain), None) if plain else None


def _headed(text: str) -> str | None:
    """The rule of a description that begins with a credential: "The access token used to …"."""
    said = folding.words(text[:400])[:14]
    for start, end, rule in _credentials(said):
        if all(word in words.HEAD for word in said[:start]) and not _speaks_about(said, start, end):
            return rule
    return None


def _told(text: str) -> str | None:
    """The rule of a text that tells somebody to enter a credential."""
    for sentence in _SENTENCE.split(text[:LONGEST]):
        if len(sentence) > 3 and (rule := _told_in(sentence)):
            return rule
    return None


def _told_in(sentence: str) -> str | None:
    for said in folding.readings(sentence):
        verbs = [place for place, word in enumerate(said) if word in words.verbs()]
        for start, end, rule in _credentials(said) if verbs else ():
            if _is_wanted(said, start, end, verbs) and not _speaks_about(said, start, end):
                return rule
        if verbs and (rule := next(filter(None, map(_in_disguise, folding.disguised(sentence))), None)):
            return rule
    if sentence.isascii():
        return None
    plain = folding.folded(sentence).replace(" ", "")
    if any(verb in plain for verb in words.verbs_unspaced()):
        return next((rule for word, rule in words.unspaced().items() if word in plain), None)
    return None


def _is_wanted(said: list[str], start: int, end: int, verbs: list[int]) -> bool:
    """Whether a verb close by asks for it: before it, or, in languages that put verbs last, after it."""
    near = [
        at for at in verbs[bisect_left(verbs, start - REACH) : bisect_left(verbs, end + 4)] if not start <= at < end
    ]
    return any(words.NOT.isdisjoint(said[max(0, min(at, start) - 3) : max(at, start)]) for at in near)


def _credentials(said: list[str]) -> Iterator[Found]:
    """Where words are credentials, from left to right."""
    known, at = words.phrases(), 0
    while at < len(said):
        found = next((each for each in known.get(said[at], ()) if tuple(said[at : at + len(each[0])]) == each[0]), None)
        if found:
            yield at, at + len(found[0]), found[1]
            at += len(found[0])
            continue
        if 6 < len(said[at]) <= 40 and (rule := _ending(said[at])):
            yield at, at + 1, rule
        at += 1


def _ending(word: str) -> str | None:
    return next((rule for end, rule in words.ENDINGS.items() if word.endswith(end)), None)


def _in_disguise(word: str) -> str | None:
    return next((rule for known, rule in words.DISGUISED.items() if word.endswith(known)), None)


def _speaks_about(said: list[str], start: int, end: int) -> bool:
    """Whether it is about a credential, and asks for none: its name, its age, how many of them."""
    after = said[end] if end < len(said) else ""
    before = said[start - 1] if start else ""
    if after in words.ABOUT or after == "id":
        return True
    if before == "public":
        return True
    phrase = " ".join(said[start:end])
    if before in words.BEFORE.get(phrase, "").split():
        return True
    described = said[max(0, start - 4) : start]
    return any(
        word in words.ABOUT and described[place + 1] in words.OF
        for place, word in enumerate(described[:-1])
    )  # fmt: skip
