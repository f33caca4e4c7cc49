"""The value gate: which texts of a JSON value hold a secret that is written out.

Most asks hold none, and that is found out first, by looking for the rules' anchors in all of it at once. Only then the
texts are gone through one by one.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from . import folding
from .hits import Hit, below
from .patterns import ALL, MEMBERS, Rule

_NAMES = ("pass", "key", "secret", "token", "cvv", "cvc", "card", "mnemonic", "seed")
_PLACEHOLDER = re.compile(
    r"(?i).*(?:\$\{|\{\{|%\(|\$\(|\*\*\*|redacted|example|placeholder|changeme|vault:|arn:|://).*|<.*>"
)
_ESCAPED = re.compile(r"\\[bfnrt]")
_NOTHING = frozenset({"Cf", "Mn"})


def held(value: Any, *, raw: str, at: str = "") -> list[Hit]:
    """The secrets in a JSON value, one hit a rule, in the order of its texts. `raw` is all of it as one text."""
    small, rules = raw.lower(), _candidates(raw)
    members = any(each in small for each in _NAMES)
    if not rules and not members:
        return []
    found: dict[str, Hit] = {}
    for hit in _walk(value, rules, at):
        found.setdefault(hit.rule, hit)
    return list(found.values())


def in_text(text: str, *, at: str = "") -> list[Hit]:
    """The secrets in one text."""
    return held(text, raw=text, at=at)


def _candidates(raw: str) -> Sequence[Rule]:
    """The rules that may hit anything in this text, hidden characters or not."""
    if "\\" in raw:
        raw = _ESCAPED.sub(" ", raw)
    if not raw.isascii():
        raw += _unhidden(raw)
    return [rule for rule in ALL if _may_hit(rule, raw, raw.lower() if rule.small else raw)]


def _may_hit(rule: Rule, raw: str, text: str) -> bool:
    if not rule.anchors:
        return rule.pattern.search(raw) is not None
    return any(anchor in text for anchor in rule.anchors)


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
        if _may_hit(rule, text, small if rule.small else text):
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
