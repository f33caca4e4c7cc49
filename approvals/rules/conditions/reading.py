"""Reading a condition before it ever runs: which names it uses, and what it may not do.

The language's own reader has no bound on work: a macro inside a macro, a list built inside one, or `map`, which copies
what it has for every element, runs for minutes on an ask of ordinary size. So these are refused, by place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...errors import BadCondition

LONGEST = 1000  # characters
MOST_MACROS = 4
VARIABLES = (
    "kind", "name", "server", "environment", "args", "params", "signals", "subject", "principal", "now",
)  # fmt: skip
MACROS = {"all", "exists", "exists_one", "filter"}
FUNCTIONS = MACROS | {
    "has", "size", "contains", "startsWith", "endsWith", "matches", "type", "int", "uint", "double", "string",
    "timestamp", "duration", "getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours",
    "getMinutes", "getSeconds",
}  # fmt: skip
_TYPES = {"int", "uint", "double", "string", "bool", "bytes", "list", "map", "null_type"}
_WORDS = {"true", "false", "null", "in"}
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<text>[rR]?(?:\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}(?:[^\\]|\\.)*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[=!<>]=|.)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    start: int


@dataclass(slots=True)
class Read:
    """What a condition turned out to use: our variables, whether it has a macro, the patterns it compares with."""

    variables: set[str] = field(default_factory=set)
    macros: int = 0
    patterns: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class _Bracket:
    """An open bracket; `macro` when a macro opened it, `bound` the name that macro gives each element."""

    macro: bool = False
    bound: str = ""


def read(source: str) -> Read:
    """Look through a condition that the language can parse; BadCondition where it does what it may not."""
    tokens = list(_tokens(source))
    found, open_ = Read(), [_Bracket()]
    for place, token in enumerate(tokens):
        before, after = tokens[place - 1 : place], tokens[place + 1 : place + 3]
        follows_dot = bool(before) and before[0].text == "."
        if token.kind == "name" and after and after[0].text == "(":
            _call(source, token, after[1:], method=follows_dot, open_=open_, found=found)
        elif token.kind == "name" and not follows_dot and token.text not in _WORDS | _TYPES:
            _name(source, token, open_=open_, found=found)
        elif token.text in ("(", "[", "{"):
            opened = before[0] if before and before[0].kind == "name" else None
            open_.append(_bracket(opened, tokens[place + 1 : place + 2]) if token.text == "(" else _Bracket())
        elif token.text in (")", "]", "}") and len(open_) > 1:
            open_.pop()
        elif token.text == "+" and any(each.macro for each in open_):
            raise _bad(source, token, "No + inside of a macro: compare with a difference instead.")
    return found


def position(source: str, start: int) -> tuple[int, int]:
    """Line and column, both from 1, of a place in the source."""
    return source.count("\n", 0, start) + 1, start - source.rfind("\n", 0, start)


def _tokens(source: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(source):
        if match.lastgroup != "space":
            yield Token(str(match.lastgroup), match.group(), match.start())


def _call(
    source: str, token: Token, argument: list[Token], *, method: bool, open_: list[_Bracket], found: Read
) -> None:
    if token.text == "map":
        raise _bad(source, token, "There is no map here. Ask with all, exists, exists_one or filter.")
    if token.text not in FUNCTIONS:
        raise _bad(source, token, f"{token.text} is no function here.")
    if token.text in MACROS and method:
        found.macros += 1
        if any(each.macro for each in open_):
            raise _bad(source, token, f"{token.text} stands inside of another macro; they may only follow each other.")
        if found.macros > MOST_MACROS:
            raise _bad(source, token, f"A condition has at most {MOST_MACROS} of {', '.join(sorted(MACROS))}.")
    if token.text == "matches":
        if not method or not argument or argument[0].kind != "text":
            raise _bad(source, token, "What matches is compared with stands here as text: x.matches('^a+$').")
        found.patterns.append(argument[0])


def _name(source: str, token: Token, *, open_: list[_Bracket], found: Read) -> None:
    if token.text in (each.bound for each in open_ if each.bound):
        return
    if token.text not in VARIABLES:
        raise _bad(source, token, f"{token.text} is not known here. There are {', '.join(VARIABLES)}.")
    found.variables.add(token.text)


def _bracket(called: Token | None, following: list[Token]) -> _Bracket:
    if called is None or called.text not in MACROS:
        return _Bracket()
    return _Bracket(macro=True, bound=following[0].text if following else "")


def _bad(source: str, token: Token, message: str) -> BadCondition:
    return BadCondition(message, *position(source, token.start))
