"""The value gate: which texts of a JSON value hold a secret that is written out.

Most asks hold none, and that is found out first, by looking at all of it as one text. Only then the texts are gone
through one by one.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from . import folding
from .hits import Hit, below
from .patterns import ALL, MEMBERS, Rule

_NAMED = re.compile(r"(?i)pass|key|secret|token|cvv|cvc|card|mnemonic|seed")
_PLACEHOLDER = re.compile(
    r"(?i).*(?:\$\{|\{\{|%\(|\$\(|\*\*\*|redacted|example|placeholder|changeme|vault:|arn:|://).*|<.*>"
)
_ANCHORS = [(anchor, rule) for rule in ALL for anchor in rule.anchors]
_LOOSE = [rule for rule in ALL if not rule.anchors]
_NOTHING = frozenset({"Cf", "Mn"})


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
    members, left = False, [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, list):
            left += each
        elif isinstance(each, dict):
            texts += each
            left += each.values()
            members = members or any(map(_may_be_member, each))
    return texts, members


def _may_be_member(name: str) -> bool:
    return not name.isascii() or _NAMED.search(name) is not None


def _candidates(text: str) -> list[Rule]:
    """The rules that hit something in this text, hidden characters or not."""
    if not text.isascii():
        text = f"{text}\n{_unhidden(text)}"
    small = text.lower()
    known = {rule.name: rule for anchor, rule in _ANCHORS if anchor in (small if rule.small else text)}
    return [rule for rule in (*known.values(), *_LOOSE) if rule.pattern.search(text)]


def _walk(value: Any, rules: Sequence[Rule], at: str) -> Iterator[Hit]:
    if isinstance(value, str):
        yield from _in(value, rules, at)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _walk(each, rules, below(at, place))
    elif isinstance(value, dict):
        for name, each in value.items():
            named = list(_in(name, rules, at))
            yield from (Hit(hit.rule, at) for hit in named)
            here = at if named else below(at, name)
            if isinstance(each, str) and _is_member(name, each):
                yield Hit("member", here, 0)
            yield from _walk(each, rules, here)


def _in(text: str, rules: Sequence[Rule], at: str) -> Iterator[Hit]:
    if len(text) < 8:
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
    plain = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
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
