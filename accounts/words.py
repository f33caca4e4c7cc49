"""Sentences of ours, said in English until a page says them in its reader's language.

A `Said` is its English sentence: the API, the ledger, logs and commands take it as the string it is. Beside it, it
keeps how it was made. A template that shows it says it anew, in the language of who reads; nothing else has to know.
Verbs and rules make sentences long before anybody is there to read them, and know no language: that is why.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self


class Said(str):
    """One sentence. `values` stand in it by name, and may be sentences themselves."""

    text: str
    many: str
    count: int  # of what the sentence is about, where it has one form for one thing and another for many
    values: dict[str, Any]

    def __new__(cls, text: str, many: str = "", /, **values: Any) -> Self:
        count = values.get("count", 1)
        chosen = many if many and count != 1 else text
        made = super().__new__(cls, chosen.format(**values) if values else chosen)
        made.text, made.many, made.count, made.values = text, many, count, values
        return made

    def __getnewargs__(self) -> tuple[str]:
        return (str(self),)

    def told(self) -> str:
        """The sentence in the language of the page that is being made."""
        from django.utils.translation import gettext, ngettext  # the rules below, which make sentences, know no Django

        chosen = ngettext(self.text, self.many, self.count) if self.many else gettext(self.text)
        return chosen.format(**{name: told(value) for name, value in self.values.items()}) if self.values else chosen

    def __html__(self) -> str:
        from django.utils.html import escape

        return escape(self.told())


class Joined(Said):
    """Sentences or names one after the other, with `between` between them."""

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str], between: str = ", ") -> Self:  # ty: ignore[invalid-method-override]
        kept = tuple(parts)
        made = super().__new__(cls, between.join(kept))
        made.parts, made.values = kept, {"between": between}
        return made

    def told(self) -> str:
        return told(self.values["between"]).join(map(told, self.parts))


class Dated(Said):
    """A moment as it stands in a sentence: of UTC in English, of the reader's zone and language where it is shown."""

    at: datetime
    whole: bool

    def __new__(cls, at: datetime, whole: bool) -> Self:  # ty: ignore[invalid-method-override]
        made = super().__new__(cls, f"{at.day} {at:%b %Y, %H:%M} UTC" if whole else f"{at:%A} {at.day} {at:%b}")
        made.at, made.whole = at, whole
        return made

    def told(self) -> str:
        from . import times

        return times.minute(self.at) if self.whole else times.weekday(self.at)


def said(text: str, **values: Any) -> Said:
    """A sentence with a value at each `{name}`. The text is looked up as it stands here, so it is written out."""
    return Said(text, **values)


def counted(one: str, many: str, *, count: int, **values: Any) -> Said:
    """A sentence about `{count}` things: `one` is said of a single one."""
    return Said(one, many, count=count, **values)


def joined(parts: Iterable[str], between: str = ", ") -> Joined:
    return Joined(parts, between)


def moment(at: datetime) -> Dated:
    """A moment to the minute, with its zone."""
    return Dated(at, True)


def day(at: datetime) -> Dated:
    """A day as people say it: Friday 27 Nov."""
    return Dated(at, False)


def told(words: Any) -> Any:
    """What is said where a page needs a plain string: in the reader's language when it is a sentence of ours."""
    return words.told() if isinstance(words, Said) else words


def grouped(number: int) -> str:
    """A number with its thousands set off as the page's language does."""
    from django.utils.formats import number_format

    return number_format(number, force_grouping=True)
