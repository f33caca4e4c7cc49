"""What may be changed of an ask, one field each; an untouched field changes nothing, whatever a browser made of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from placet import canonical

from accounts.words import said, told

from ..rules.editing import Place
from ..rules.rendering import paths
from ..rules.rendering.text import Piece, alarms, render

LONG = 80  # characters of a text that still fit one line
NOTE = 2000
_NUMBERS = frozenset({"integer", "number"})


@dataclass(slots=True)
class Blank:
    """One field. `how` is choice, number, text, lines or json; `shown` what stands in it before anybody types."""

    key: str
    place: Place
    how: str
    shown: str
    typed: str
    options: tuple[tuple[str, str], ...] = ()
    wrong: str = ""

    @property
    def name(self) -> tuple[Piece, ...]:
        """Where it stands, as it is shown to people."""
        return (
            render(paths.plainly(self.place.pointer))
            if self.place.pointer
            else (Piece("text", told(said("all of it"))),)
        )

    def read(self) -> Any:
        """What was typed, as a value; ValueError says what is wrong with it."""
        if self.how == "choice":
            return self._chosen()
        if self.how in ("text", "lines"):
            return self.typed
        try:
            return canonical.parse(self.typed.strip().encode("utf-8", "surrogatepass"))
        except canonical.NotCanonical as error:
            if self.how == "number":
                raise ValueError(said("This is not a number.")) from error
            raise ValueError(said("This is not JSON: {trouble}.", trouble=error.message)) from error

    def _chosen(self) -> Any:
        values = self.place.choices or (True, False)
        if not self.typed.isascii() or not self.typed.isdigit() or int(self.typed) >= len(values):
            raise ValueError(said("Choose one of these."))
        return values[int(self.typed)]


class EditForm:
    """The fields of all places; after `read`, `changes` are by pointer, and each error stands at its field."""

    def __init__(self, places: Iterable[Place], data: Mapping[str, str] | None = None) -> None:
        self.blanks = [_blank(f"v{index}", place, data) for index, place in enumerate(places)]
        self.note = (data or {}).get("remark", "")
        self.changes: dict[str, Any] = {}
        self.wrong = ""
        if len(self.note) > NOTE:
            self.wrong = told(said("Keep the note under {limit} characters.", limit=f"{NOTE:,}"))

    def read(self) -> bool:
        """Whether all that was typed can be read."""
        for blank in self.blanks:
            if blank.typed == blank.shown:
                continue
            try:
                self.changes[blank.place.pointer] = blank.read()
            except ValueError as error:
                blank.wrong = told(error.args[0])
        return not self.wrong and not any(blank.wrong for blank in self.blanks)

    def refuse(self, message: str, pointer: str | None) -> None:
        """Let a refusal stand at the field it is about; at the top, when it is about none."""
        for blank in self.blanks:
            at = blank.place.pointer
            if pointer is not None and (pointer == at or pointer.startswith(f"{at}/")) and at in self.changes:
                blank.wrong = message if pointer == at else f"{pointer.removeprefix(at)[:200]}: {message}"
                return
        self.wrong = message


def _blank(key: str, place: Place, data: Mapping[str, str] | None) -> Blank:
    how, shown, options = _how(place)
    typed = shown if data is None else data.get(key, shown).replace("\r\n", "\n")
    return Blank(key, place, how, shown, typed, options)


def _how(place: Place) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    value = place.value
    if place.choices or place.types == {"boolean"}:
        return "choice", *_choice(value, place.choices or (True, False))
    if place.types <= _NUMBERS and type(value) in (int, float):
        return "number", _json(value), ()
    if place.types == {"string"} and isinstance(value, str) and _is_plain(value):
        return "lines" if len(value) > LONG or "\n" in value else "text", value, ()
    return "json", _json(value, indent=2), ()


def _choice(value: Any, values: tuple[Any, ...]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The options, by number; first the value as it is, when it is none of them."""
    written = [_json(each) for each in values]
    options = tuple((str(index), each) for index, each in enumerate(written))
    if _json(value) in written:
        return str(written.index(_json(value))), options
    return "as-it-is", (("as-it-is", told(said("{value} (as it is)", value=_json(value)))), *options)


def _is_plain(text: str) -> bool:
    """Whether a field shows all of it, and gives it back as it is."""
    return alarms(render(text)) == 0 and "\r" not in text and not text.startswith("\n") and "\0" not in text


def _json(value: Any, *, indent: int | None = None) -> str:
    """As JSON, with escapes for all but ASCII where there is something that nobody would have seen."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    return written if alarms(render(written)) == 0 else json.dumps(value, ensure_ascii=True, indent=indent)
