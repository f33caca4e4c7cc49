"""A rule in plain language: what an admin reads before signing it, and how two of its revisions differ.

Each member of the document is either said, or stands among what is as usual: nothing a rule holds stays unread.
"""

from dataclasses import dataclass

from accounts.words import said

from ..policies import Rule
from . import phrases
from .phrases import Phrase, phrased, time
from .topics import OPENING, REST, answer, arguments, condition, needs, stops

__all__ = ["Line", "Phrase", "Reading", "Turn", "difference", "needs", "read", "sentence", "time"]


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a reading, and the members that it says."""

    topic: str
    members: tuple[str, ...]
    words: Phrase


@dataclass(frozen=True, slots=True)
class Reading:
    """`said` is what this rule says of itself, the most important first; `usual` is what it leaves as usual."""

    said: tuple[Line, ...]
    usual: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """What differs between two rules, in words."""

    topic: str
    before: Phrase
    after: Phrase


def read(rule: Rule) -> Reading:
    """Say the whole rule."""
    opening = Line(said("Rule"), tuple(m for topic in OPENING for m in topic.members), sentence(rule))
    lines = [Line(topic.name, topic.members, phrases.sentence(topic.words(rule))) for topic in REST]
    own = tuple(line for line in lines if not _as_usual(rule, line.members))
    return Reading((opening, *own), tuple(line for line in lines if line not in own))


def sentence(rule: Rule) -> Phrase:
    """Say the heart of the rule: when what is wanted, who must say yes, and by when."""
    ends = phrased(" within {}; silence means no", time(rule.deadline_seconds)) if rule.effect == "review" else ()
    joined = phrased("{}{}{}, {}{}.", stops(rule), arguments(rule), condition(rule), answer(rule), ends)
    return joined if not rule.retired else phrased("Retired, it stops nothing. It said: {}", joined)


def difference(before: Rule, after: Rule) -> tuple[Turn, ...]:
    """What differs, topic by topic, in the order of a reading."""
    found = []
    for topic in (*OPENING, *REST):
        if any(getattr(before, member) != getattr(after, member) for member in topic.members):
            old, new = topic.words(before), topic.words(after)
            again = phrased("{}, in another way", new) if old == new else new
            found.append(Turn(topic.name, phrases.clause(old), phrases.clause(again)))
    return tuple(found)


def _as_usual(rule: Rule, members: tuple[str, ...]) -> bool:
    return all(getattr(rule, m) == Rule.model_fields[m].get_default(call_default_factory=True) for m in members)
