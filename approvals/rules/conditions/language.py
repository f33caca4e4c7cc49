"""Conditions in CEL, the Common Expression Language: compiled once, run on the facts of an ask.

Source: https://github.com/google/cel-spec. The library is written in Rust; its regular expressions take linear time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from accounts import words

from ...errors import BadCondition, ConditionFailed
from . import reading, sizes
from .engine import cel
from .reading import LONGEST, VARIABLES

__all__ = ["LONGEST", "VARIABLES", "Condition", "condition", "pattern_fits", "pattern_trouble"]

_TROUBLE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?(.*)")
_SAID = re.compile(r"(mismatched input|extraneous input|token recognition error at:|missing) '(.*?)'(?: |$)")
_FITS = cel.compile("text.matches(pattern)")
_NO_QUESTION = "The condition is neither true nor false: it has to compare something."
#: An ask with nothing in it. What gives a number or a text even on this never gives a yes or a no.
_NOTHING: dict[str, Any] = dict.fromkeys(VARIABLES, "") | {
    "args": {}, "params": {}, "signals": {}, "now": datetime(2026, 1, 5, tzinfo=UTC),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that can be run; threads may share it."""

    source: str
    variables: frozenset[str]
    loops: bool
    program: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is true of these facts; ConditionFailed when nobody can say."""
        seen = {name: facts[name] for name in self.variables}
        sizes.require_small(facts, self.variables, loops=self.loops)
        try:
            found = self.program.execute(seen)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a fault inside of the library is raised as one that is no Exception
            raise ConditionFailed(_failure(error, self.source)) from error
        if found is not True and found is not False:
            raise ConditionFailed(_NO_QUESTION)
        return found


@lru_cache(maxsize=20_000)
def condition(source: str) -> Condition:
    """Compile a condition. BadCondition says what is wrong, and in which line and column."""
    if len(source) > LONGEST:
        raise BadCondition(
            words.said("A condition has at most {longest} characters.", longest=LONGEST),
            *reading.position(source, LONGEST),
        )
    try:
        program = cel.compile(source)
    except Exception as error:
        raise _unreadable(str(error)) from error
    read = reading.read(source)
    for pattern in read.patterns:
        _check_pattern(source, pattern)
    made = Condition(source, frozenset(read.variables), bool(read.macros), program)
    if _is_no_question(made):
        raise BadCondition(_NO_QUESTION, 1, 1)
    return made


def pattern_fits(pattern: str, text: str) -> bool:
    """Whether the regular expression is found in the text, in time linear in the text."""
    return _FITS.execute({"text": text, "pattern": pattern})


def pattern_trouble(pattern: str) -> str | None:
    """Why this is no regular expression here; None when it is one. There is no looking around, nor back."""
    try:
        pattern_fits(pattern, "")
    except Exception as error:
        said = re.search(r"^error: (.*?)(?:\. Check .*)?$|(exceeds size limit)", str(error), re.MULTILINE)
        return (said[1] or "it is too large") if said else "it cannot be read"
    return None


def _is_no_question(made: Condition) -> bool:
    try:
        return not isinstance(made.program.execute({name: _NOTHING[name] for name in made.variables}), bool)
    except Exception:
        return False


def _check_pattern(source: str, token: reading.Token) -> None:
    trouble = pattern_trouble(cel.compile(token.text).execute())
    if trouble:
        line, column = reading.position(source, token.start)
        raise BadCondition(words.said("This is no regular expression: {trouble}.", trouble=trouble), line, column)


def _unreadable(told: str) -> BadCondition:
    """The first trouble that has a place and words, in our words: the library's name every sign it would have taken."""
    places = [(int(line), int(column), said) for line, column, said in _TROUBLE.findall(told)]
    for line, column, said in places:
        match = _SAID.search(said)
        if match:
            return BadCondition(_words(*match.groups()), line, column)
    line, column, said = places[0] if places else (1, 1, "")
    if "unsupported syntax" in said:
        return BadCondition(
            words.said("{what} is not supported here.", what=said.rpartition(" ")[2].strip(chr(39))), line, column
        )
    deep = "ecursion limit" in told
    return BadCondition(
        words.said("Too many brackets inside of each other.") if deep else words.said("This is no condition."),
        line,
        column,
    )


def _words(trouble: str, sign: str) -> str:
    if sign == "<EOF>":
        return "The condition ends too early."
    if trouble == "missing":
        return f"{sign} is missing here."
    return f"{sign.strip() or sign!r} does not belong here."


def _failure(error: BaseException, source: str) -> str:
    """Why a condition could not be evaluated. Values of the ask never get into the sentence."""
    match error:
        case KeyError():
            name = str(error.args[0]) if error.args else ""
            known = name if name and name in source else "A member it names"
            return f"{known} is not there. Ask has(…) before."
        case IndexError():
            return "A list is shorter than the condition takes it to be."
        case ArithmeticError():
            return "A number is divided by zero, or too large."
        case TypeError():
            return "It compares or counts things of different types. A number with a fraction meets double(x) only."
        case _:
            return "It cannot be evaluated on this ask."
