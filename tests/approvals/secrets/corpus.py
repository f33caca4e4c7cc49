"""Real forms, labelled by reading them: which of their fields ask for a credential.

`forms.jsonl` has one form a line: `src` and `path` say where it is from, `asks` names the fields that ask for one. One
half is for tuning, the other is held out; a form's place decides which, so that nobody chooses. See NOTICE.md.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from approvals.rules.secrets import Hit, asking

FORMS = Path(__file__).with_name("forms.jsonl")


@dataclass(frozen=True)
class Form:
    src: str
    path: str
    lang: str
    message: str
    fields: tuple[dict[str, Any], ...]
    asks: tuple[str, ...]

    @property
    def held_out(self) -> bool:
        return hashlib.sha256(f"{self.src}{self.path}".encode()).digest()[0] % 2 == 0

    @property
    def params(self) -> dict[str, Any]:
        said = {
            field["name"]: {"type": "string"} | {m: v for m, v in field.items() if m != "name"} for field in self.fields
        }
        schema = {"type": "object", "properties": said}
        return {"mode": "form", "message": self.message, "requestedSchema": schema}

    @property
    def names(self) -> frozenset[str]:
        return frozenset(field["name"] for field in self.fields)

    @property
    def hits(self) -> list[Hit]:
        return asking.asked(self.params)


@dataclass(frozen=True)
class Score:
    """How the gate did on some forms. `wrong` are those it refused for nothing, `missed` those it let through."""

    forms: int
    right: int
    wrong: tuple[Form, ...]
    missed: tuple[Form, ...]

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / (self.right + len(self.missed))


@cache
def forms() -> tuple[Form, ...]:
    rows = [json.loads(line) for line in FORMS.read_text().splitlines()]
    return tuple(Form(r["src"], r["path"], r["lang"], r["message"], tuple(r["fields"]), tuple(r["asks"])) for r in rows)


@cache
def score(*, held_out: bool, unlike: bool = False) -> Score:
    """Of one half; with `unlike` of those alone whose fields are not named as in a form of the other half: the forms of
    one program resemble each other, in several languages even more.
    """
    mine = [form for form in forms() if form.held_out is held_out]
    if unlike:
        others = {form.names for form in forms() if form.held_out is not held_out}
        mine = [form for form in mine if form.names not in others]
    refused = {form.path: bool(form.hits) for form in mine}
    return Score(
        len(mine), sum(refused[form.path] and bool(form.asks) for form in mine),
        tuple(form for form in mine if refused[form.path] and not form.asks),
        tuple(form for form in mine if form.asks and not refused[form.path]),
    )  # fmt: skip
