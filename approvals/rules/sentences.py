"""One sentence for each action, composed from its digested body: who wants what. Never a server's own title."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Any

from accounts.words import Said, counted, grouped, said, told

from .rendering import Piece, render
from .rendering.addresses import read_address
from .rendering.values import label

SHORT = 60  # characters of a value that fit into a sentence
MOST = 3  # values named
# What a person looks for first in an argument's name; the rest follows in the order of the bytes.
_FIRST = (
    "order",
    "id",
    "invoice",
    "ticket",
    "name",
    "path",
    "file",
    "host",
    "env",
    "environment",
    "to",
    "recipient",
    "amount",
)
type Texts = dict[str, Said]
type Filling = Part | list[Part]

# A whole sentence for each way it may stand: it waits, it may be, it ended otherwise. `{…}` are places, in any order.
RUN = {
    "pending": said("{server} wants to run {tool}"),
    "approved": said("{server} may run {tool} once"),
    "ended": said("{server} wanted to run {tool}"),
}
RUN_WITH = {
    "pending": said("{server} wants to run {tool} with {values}"),
    "approved": said("{server} may run {tool} once with {values}"),
    "ended": said("{server} wanted to run {tool} with {values}"),
}
READ = {
    "pending": said("{server} wants the model to read {what}"),
    "approved": said("{server} may let the model read {what}"),
    "ended": said("{server} wanted the model to read {what}"),
}
READ_AND_WRITE = {
    "pending": said("{server} wants the model to read {what} and write up to {tokens}"),
    "approved": said("{server} may let the model read {what} and write up to {tokens}"),
    "ended": said("{server} wanted the model to read {what} and write up to {tokens}"),
}
READ_AND_WRITE_FOR = {
    "pending": said("{server} wants the model to read {what} and write up to {tokens} for {person}"),
    "approved": said("{server} may let the model read {what} and write up to {tokens} for {person}"),
    "ended": said("{server} wanted the model to read {what} and write up to {tokens} for {person}"),
}
HAVE = {
    "pending": said("{server} wants the model’s answer back: {what}"),
    "approved": said("{server} may have the model’s answer: {what}"),
    "ended": said("{server} wanted the model’s answer back: {what}"),
}
ASK = {
    "pending": said("{server} wants to ask {person} {questions}"),
    "approved": said("{server} may ask {person} {questions}"),
    "ended": said("{server} wanted to ask {person} {questions}"),
}
ASK_NAMED = {
    "pending": said("{server} wants to ask {person} {questions}: {names}"),
    "approved": said("{server} may ask {person} {questions}: {names}"),
    "ended": said("{server} wanted to ask {person} {questions}: {names}"),
}
OPEN = {
    "pending": said("{server} wants {person} to open {host}"),
    "approved": said("{server} may send {person} to {host}"),
    "ended": said("{server} wanted {person} to open {host}"),
}
LONG = said("a long value")
PAIR = said("{name} {value}")
COMMA = said(", ")


@dataclass(frozen=True, slots=True)
class Part:
    """Some words: `plain` are ours, `strong` a value and `name` a name from the body, `claimed` what a server says."""

    pieces: tuple[Piece, ...]
    manner: str = "plain"


def sentence(
    *, kind: str, server: str, name: str, body: dict[str, Any] | None, subject: str = "", state: str = "pending"
) -> tuple[Part, ...]:
    """Say what is asked, in the language of the page. Without `body` (too large for a list) it stays general."""
    says = _Asked(server, name, (body or {}).get("params"), subject, state)
    return _joined(_KINDS[kind](says))


@dataclass(frozen=True, slots=True)
class _Asked:
    server: str
    name: str
    params: dict[str, Any] | None
    subject: str
    state: str

    def say(self, texts: Texts, **places: "Filling") -> Iterable[Part]:
        """One whole sentence: what became of the wish decides which."""
        text = texts.get(self.state, texts["ended"])
        return _filled(text, server=_ours(self.server), **places)

    @property
    def person(self) -> Part:
        return _said(self.subject) if self.subject else _ours(told(said("its user")))


def _tool_call(says: _Asked) -> Iterable[Part]:
    named = _scalars((says.params or {}).get("arguments"))
    if not named:
        return says.say(RUN, tool=_value(says.name))
    return says.say(RUN_WITH, tool=_value(says.name), values=_values(named))


def _sampling(says: _Asked) -> Iterable[Part]:
    if says.params is None:
        return says.say(READ, what=_value(told(said("a long conversation"))))
    number, most = len(says.params.get("messages") or []), grouped(says.params.get("maxTokens", 0))
    what = _value(told(counted("{number} message", "{number} messages", count=number, number=grouped(number))))
    tokens = _value(told(said("{number} tokens", number=most)))
    if says.subject:
        return says.say(READ_AND_WRITE_FOR, what=what, tokens=tokens, person=says.person)
    return says.say(READ_AND_WRITE, what=what, tokens=tokens)


def _sampling_result(says: _Asked) -> Iterable[Part]:
    content = (says.params or {}).get("content")
    blocks = content if isinstance(content, list) else [content]
    letters = sum(len(b["text"]) for b in blocks if isinstance(b, dict) and isinstance(b.get("text"), str))
    others = [str(b.get("type")) for b in blocks if isinstance(b, dict) and not isinstance(b.get("text"), str)]
    if not letters and others:
        return says.say(HAVE, what=_value(others[0]))
    what = _value(_characters(letters))
    if not others:
        return says.say(HAVE, what=what)
    count = len(others)
    more = counted("{what} and {count} other block", "{what} and {count} other blocks", count=count, what="{what}")
    return says.say(HAVE, what=list(_filled(more, what=what)))


def _elicitation_form(says: _Asked) -> Iterable[Part]:
    schema = (says.params or {}).get("requestedSchema") or {}
    names = list(schema.get("properties") or {})
    number = counted("{number} question", "{number} questions", count=len(names), number=grouped(len(names)))
    questions = _value(told(number if says.params is not None else said("a long form")))
    if not names:
        return says.say(ASK, person=says.person, questions=questions)
    listed = _between([[_words(name)] for name in names[:MOST]])
    named = list(_filled(said("{names} and more"), names=listed)) if len(names) > MOST else listed
    return says.say(ASK_NAMED, person=says.person, questions=questions, names=named)


def _elicitation_url(says: _Asked) -> Iterable[Part]:
    address = read_address(str((says.params or {}).get("url", "")))
    return says.say(OPEN, person=says.person, host=_value(address.host or says.name))


_KINDS = {
    "tool_call": _tool_call,
    "sampling": _sampling,
    "sampling_result": _sampling_result,
    "elicitation_form": _elicitation_form,
    "elicitation_url": _elicitation_url,
}


def _values(named: list[tuple[str, Part]]) -> list[Part]:
    """The first few names with their values, and how many more there are."""
    pairs = [list(_filled(PAIR, name=_words(name), value=value)) for name, value in sorted(named, key=_rank)[:MOST]]
    listed, more = _between(pairs), len(named) - MOST
    if more <= 0:
        return listed
    text = counted(
        "{values} and {number} more value", "{values} and {number} more values",
        count=more, number=grouped(more), values="{values}",
    )  # fmt: skip
    return list(_filled(text, values=listed))


def _rank(named: tuple[str, Part]) -> int:
    """What a person looks for first; then short values in the order of the bytes; then what is only measured."""
    name, value = named
    if value.manner == "plain":
        return len(_FIRST) + 1
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _scalars(arguments: Any) -> list[tuple[str, Part]]:
    """Name and text of each argument; what holds others, or is long, says so instead."""
    if not isinstance(arguments, dict):
        return []
    return [(label((name,)), _brief(value)) for name, value in arguments.items()]


def _brief(value: Any) -> Part:
    if isinstance(value, dict | list):
        number = counted("({number} value)", "({number} values)", count=len(value), number=grouped(len(value)))
        return _ours(told(number))
    text = value if isinstance(value, str) else json.dumps(value)
    if not text:
        return _ours(told(said("(empty)")))
    return _value(text) if len(text) <= SHORT else _ours(f"({_characters(len(text))})")


def _characters(number: int) -> str:
    return told(counted("{number} character", "{number} characters", count=number, number=grouped(number)))


def _filled(text: Said, **places: Filling) -> Iterable[Part]:
    """A sentence in the page's language, with parts in its places; what stands between them is ours."""
    for words, place in _parsed(told(text)):
        if words:
            yield _ours(words)
        filling = places.get(place or "", [])
        yield from filling if isinstance(filling, list) else [filling]


@lru_cache(maxsize=512)
def _parsed(text: str) -> tuple[tuple[str, str | None], ...]:
    """Words and the place after them, in turn."""
    return tuple((words, place) for words, place, *_ in Formatter().parse(text))


def _between(items: list[list[Part]]) -> list[Part]:
    """A list of them, with commas between."""
    return [part for index, item in enumerate(items) for part in ([_ours(told(COMMA))] if index else []) + item]


def _ours(text: str) -> Part:
    return Part((Piece("text", text),))


def _words(text: str) -> Part:
    """A name from the payload, in the flow of the sentence."""
    return Part(render(text[:SHORT]) if len(text) <= SHORT else (Piece("text", told(told(LONG))),), "name")


def _value(text: str) -> Part:
    return Part(render(text if len(text) <= SHORT * 2 else text[:SHORT]), "strong")


def _said(text: str) -> Part:
    return Part(render(text if len(text) <= SHORT else text[:SHORT]), "claimed")


def _joined(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Merge our own words, so that a page has fewer marks."""
    merged: list[Part] = []
    for part in parts:
        if merged and part.manner == merged[-1].manner == "plain":
            merged[-1] = _ours(merged[-1].pieces[0].shown + part.pieces[0].shown)
        else:
            merged.append(part)
    return tuple(merged)
