"""One sentence for each action, composed from its digested body: who wants what. Never a server's own title."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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
_SECRETIVE = "a long value"


@dataclass(frozen=True, slots=True)
class Part:
    """Some words: `plain` are ours, `strong` a value and `name` a name from the body, `claimed` what a server says."""

    pieces: tuple[Piece, ...]
    manner: str = "plain"


def sentence(
    *, kind: str, server: str, name: str, body: dict[str, Any] | None, subject: str = "", state: str = "pending"
) -> tuple[Part, ...]:
    """Say what is asked. Without `body` (too large for a list) the sentence stays general."""
    says = _Sentence(server, name, (body or {}).get("params"), subject, state)
    return _joined(_KINDS[kind](says))


@dataclass(frozen=True, slots=True)
class _Sentence:
    server: str
    name: str
    params: dict[str, Any] | None
    subject: str
    state: str

    @property
    def opening(self) -> Part:
        """What became of the wish decides the verb: wants, may, wanted."""
        verb = {"pending": "wants", "approved": "may"}.get(self.state, "wanted")
        return _ours(f"{self.server} {verb} ")

    @property
    def to(self) -> str:
        return "" if self.state == "approved" else "to "

    @property
    def person(self) -> Part:
        return _said(self.subject) if self.subject else _ours("its user")


def _tool_call(says: _Sentence) -> Iterable[Part]:
    yield says.opening
    yield _ours(f"{says.to}run ")
    yield _value(says.name)
    if says.state == "approved":
        yield _ours(" once")
    yield from _with(_scalars((says.params or {}).get("arguments")))


def _sampling(says: _Sentence) -> Iterable[Part]:
    yield says.opening
    yield _ours("let the model read " if says.state == "approved" else "the model to read ")
    if says.params is None:
        yield _value("a long conversation")
        return
    count = len(says.params.get("messages") or [])
    yield _value(_count(count, "message"))
    yield _ours(" and write up to ")
    yield _value(f"{says.params.get('maxTokens', 0):,} tokens")
    if says.subject:
        yield _ours(" for ")
        yield says.person


def _sampling_result(says: _Sentence) -> Iterable[Part]:
    yield says.opening
    yield _ours("have the model’s answer: " if says.state == "approved" else "the model’s answer back: ")
    content = (says.params or {}).get("content")
    blocks = content if isinstance(content, list) else [content]
    letters = sum(len(b["text"]) for b in blocks if isinstance(b, dict) and isinstance(b.get("text"), str))
    others = [str(b.get("type")) for b in blocks if isinstance(b, dict) and not isinstance(b.get("text"), str)]
    yield _value(_count(letters, "character") if letters or not others else others[0])
    if letters and others:
        yield _ours(f" and {_count(len(others), 'other block')}")


def _elicitation_form(says: _Sentence) -> Iterable[Part]:
    schema = (says.params or {}).get("requestedSchema") or {}
    names = list(schema.get("properties") or {})
    yield says.opening
    yield _ours(f"{says.to}ask ")
    yield says.person
    yield _ours(" ")
    yield _value(_count(len(names), "question") if says.params is not None else "a long form")
    for index, field in enumerate(names[:MOST]):
        yield _ours(": " if index == 0 else ", ")
        yield _words(field)
    if len(names) > MOST:
        yield _ours(" and more")


def _elicitation_url(says: _Sentence) -> Iterable[Part]:
    address = read_address(str((says.params or {}).get("url", "")))
    if says.state == "approved":
        yield _ours(f"{says.server} may send ")
        yield says.person
        yield _ours(" to ")
    else:
        yield says.opening
        yield says.person
        yield _ours(" to open ")
    yield _value(address.host or says.name)


_KINDS = {
    "tool_call": _tool_call,
    "sampling": _sampling,
    "sampling_result": _sampling_result,
    "elicitation_form": _elicitation_form,
    "elicitation_url": _elicitation_url,
}


def _with(named: list[tuple[str, Part]]) -> Iterable[Part]:
    for index, (name, value) in enumerate(sorted(named, key=_rank)[:MOST]):
        yield _ours(" with " if index == 0 else ", ")
        yield _words(name)
        yield _ours(" ")
        yield value
    if len(named) > MOST:
        yield _ours(f" and {_count(len(named) - MOST, 'more value')}")


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
        return _ours(f"({_count(len(value), 'value')})")
    text = value if isinstance(value, str) else json.dumps(value)
    if not text:
        return _ours("(empty)")
    return _value(text) if len(text) <= SHORT else _ours(f"({_count(len(text), 'character')})")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _ours(text: str) -> Part:
    return Part((Piece("text", text),))


def _words(text: str) -> Part:
    """A name from the payload, in the flow of the sentence."""
    return Part(render(text[:SHORT]) if len(text) <= SHORT else (Piece("text", _SECRETIVE),), "name")


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
