"""The value gate: which texts of a JSON value hold a secret that is written out.

Most asks hold none, and that is found out first, by looking at all of it as one text. Only then the texts are gone
through one by one.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from . import folding
from .hits import Hit, below
from .patterns import ALL, MEMBERS, Rule, is_path

_NAMED = re.compile(r"(?i)pass|key|secret|token|cvv|cvc|card|mnemonic|seed")
_PLACEHOLDER = re.compile(
    r"(?i).*(?:\$\{|\{\{|%\(|\$\(|\*\*\*|redacted|example|placeholder|changeme|vault:|arn:|://).*|<.*>"
)
_ANCHORS = [(anchor, rule) for rule in ALL for anchor in rule.anchors]
_LOOSE = [rule for rule in ALL if not rule.anchors]
_NOTHING = frozenset({"Cf", "Mn"})
_OTHER = re.compile(r'[{["%]')  # none of them: no text is in another spelling
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
DEEP = 3  # texts in texts that are opened
SHORTEST = 8  # characters; what is shorter holds no secret that is written out
DEEPEST = 64  # levels of the JSON in one
#: Members that say which value stands beside them: `{"name": "API_KEY", "value": …}`.
_NAMES, _VALUE = ("name", "key"), "value"


def held(value: Any, *, at: str = "") -> list[Hit]:
    """The secrets in a JSON value, one hit a rule, in the order of its texts."""
    texts, members = _gathered(value)
    rules = _candidates("\n".join(texts))
    if not rules and not members:
        return []
    found: dict[str, Hit] = {}
    for hit in _walk(value, rules, at):
        found.setdefault(hit.rule, hit)
    return list(found.values())


def _gathered(value: Any) -> tuple[list[str], bool]:
    """All names and texts, in no order; and whether a member may be named like a secret."""
    texts: list[str] = []
    names: list[str] = []
    found, deep = [value], 0
    while found:
        first = len(texts)
        for each in found:  # it grows meanwhile
            if isinstance(each, str):
                texts.append(each)
            elif isinstance(each, dict):
                names += each
                found += each.values()
            elif isinstance(each, list):
                found += each
        told = texts[first:]
        found = [inner for text in told for inner in _inside(text, deep)] if _OTHER.search("".join(told)) else []
        deep += 1
    return texts + names, _VALUE in names or _may_name_one("\n".join(names))


def _inside(text: str, deep: int) -> Sequence[Any]:
    """What a text is in another spelling: the JSON in it, and without its percent signs."""
    if deep >= DEEP or len(text) < SHORTEST:
        return ()
    found: list[Any] = []
    if text.lstrip()[:1] in ("{", "[", '"'):
        with suppress(ValueError, RecursionError):
            found.append(_shallow(json.loads(text)))
    if "%" in text and _ESCAPED.search(text):
        found.append(unquote(text))
    return found


def _may_name_one(names: str) -> bool:
    return not names.isascii() or _NAMED.search(names) is not None


def _candidates(text: str) -> list[Rule]:
    """The rules that hit something in this text, hidden characters or not."""
    if not text.isascii():
        text = f"{text}\n{_unhidden(text)}"
    small = text.lower()
    known = {rule.name: rule for anchor, rule in _ANCHORS if anchor in (small if rule.small else text)}
    return [rule for rule in (*known.values(), *_LOOSE) if rule.pattern.search(text)]


def _shallow(value: Any) -> Any:
    """The value; where it is nested deeper than an ask may be, all its texts in one list."""
    texts: list[str] = []
    deepest, left = 0, [(value, 0)]
    while left:
        each, deep = left.pop()
        deepest = max(deepest, deep)
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            texts += each
            left += [(one, deep + 1) for one in each.values()]
        elif isinstance(each, list):
            left += [(one, deep + 1) for one in each]
    return value if deepest <= DEEPEST else texts


def _walk(value: Any, rules: Sequence[Rule], at: str, deep: int = 0) -> Iterator[Hit]:
    if isinstance(value, str):
        yield from _in(value, rules, at)
        for inner in _inside(value, deep):
            yield from (Hit(hit.rule, at, 0) for hit in _walk(inner, rules, at, deep + 1))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _walk(each, rules, below(at, place), deep)
    elif isinstance(value, dict):
        yield from _of_pair(value, at)
        for name, each in value.items():
            named = list(_in(name, rules, at))
            yield from (Hit(hit.rule, at) for hit in named)
            here = at if named else below(at, name)
            if isinstance(each, str) and _is_member(name, each):
                yield Hit("member", here, 0)
            yield from _walk(each, rules, here, deep)


def _of_pair(value: dict[str, Any], at: str) -> Iterator[Hit]:
    """A name and a value beside each other say what a member would."""
    said = value.get(_VALUE)
    names = (value.get(word) for word in _NAMES)
    if isinstance(said, str) and any(isinstance(name, str) and _is_member(name[:400], said) for name in names):
        yield Hit("member", below(at, _VALUE), 0)


def _in(text: str, rules: Sequence[Rule], at: str) -> Iterator[Hit]:
    if len(text) < SHORTEST:
        return
    small = text.lower()
    for rule in rules:
        if not rule.anchors or any(anchor in (small if rule.small else text) for anchor in rule.anchors):
            for match in rule.pattern.finditer(text):
                if rule.holds(match):
                    yield Hit(rule.name, at, match.start())
                    break
    if not text.isascii() and (plain := _unhidden(text)) != text:
        yield from (Hit(hit.rule, hit.pointer, _before(text, hit.offset)) for hit in _in(plain, rules, at))


def _is_member(name: str, value: str) -> bool:
    """Whether an object says a password by its name: `"password": "…"`; place-holders, and plain words, are none."""
    if not 6 <= len(value) <= 4000 or "".join(folding.words(name)[-3:]) not in MEMBERS:
        return False
    plain = (value.isalpha() and (value.islower() or value.isupper() or value.istitle())) or is_path(value)
    return not plain and len(set(value)) > 3 and " " not in value.strip() and not _PLACEHOLDER.fullmatch(value)


def _unhidden(text: str) -> str:
    """The text without what nobody sees, full-width letters as plain ones."""
    plain = unicodedata.normalize("NFKC", text)
    hidden = {ord(sign): "" for sign in set(plain) if not sign.isascii() and unicodedata.category(sign) in _NOTHING}
    return plain.translate(hidden) if hidden else plain


def _before(text: str, offset: int) -> int:
    """Where in the text that character stands, which is the `offset`th of those one sees."""
    seen = 0
    for at, sign in enumerate(text):
        if unicodedata.category(sign) not in _NOTHING:
            if seen >= offset:
                return at
            seen += 1
    return 0
