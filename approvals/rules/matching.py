"""Which rule fits an ask best: an ask is stopped by exactly one, and everybody can work out which."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What matching needs to know of a policy."""

    policy_id: int
    kind: str
    pattern: str
    server_id: int | None


def best(rules: Iterable[Rule], *, kind: str, name: str, server_id: int) -> Rule | None:
    """The most exact rule: one for this server before one for all, a plain name before a pattern.

    More letters before fewer, older before newer.
    """
    fitting = (r for r in rules if fits(r, kind=kind, name=name, server_id=server_id))
    return max(fitting, key=_exactness, default=None)


def fits(rule: Rule, *, kind: str, name: str, server_id: int) -> bool:
    return rule.kind == kind and rule.server_id in (None, server_id) and _matches(rule.pattern, name)


def is_pattern(text: str) -> bool:
    """Whether it reads as a pattern: 1 to 200 characters, `*` for any run of characters, at most four of them."""
    return 0 < len(text) <= 200 and text.count("*") <= 4


def _exactness(rule: Rule) -> tuple[bool, bool, int, int]:
    return rule.server_id is not None, "*" not in rule.pattern, len(rule.pattern.replace("*", "")), -rule.policy_id


def _matches(pattern: str, name: str) -> bool:
    """`*` is the only sign with a meaning. Plain searches, no regular expression: hostile names cost linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *middle, last = rest
    end = len(name) - len(last)
    if not name.startswith(first) or not name.endswith(last) or end < len(first):
        return False
    position = len(first)
    for part in middle:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
