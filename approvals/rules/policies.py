"""What a policy says: the one document that form, file, API and digest share, read strictly.

Its members are described in docs/policies.md. Revisions made before there were several roles said `need` and `roles`;
they are read as what they meant.
"""

import json
import re
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from placet import canonical
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from accounts import words

from ..errors import BadPolicy
from . import matching, timing

_POINTER = re.compile(r"(?:/(?:[^~/\x00-\x1f]|~[01])+)+")

MOST_NEEDED = 7  # a receipt repeats every review, and has at most 16 KiB
MOST_SIGNED = 4  # the same, with the assertion of a passkey in each
MOST_NAME_BYTES = 150  # for the same reason
MOST_NAMES, LONGEST_NAMED = 300, 200  # ids that a rule has names for, and how long each of the two may be
LONGEST = int(timing.LONGEST.total_seconds())

KINDS = ("sampling", "sampling_result", "elicitation_form", "elicitation_url", "tool_call")
#: What the console makes, not the author: it is in the stored bytes, and no part of the document.
STAMPED = ("rev", "published_at", "published_by", "confirmed_by")


def _short(name: str) -> str:
    if not 1 <= len(name.encode()) <= MOST_NAME_BYTES:
        raise ValueError(f"a name has 1 to {MOST_NAME_BYTES} bytes")
    if name != name.strip() or not name.isprintable():
        raise ValueError("a name has no spaces around it and no hidden signs")
    return name


def _pattern(text: str) -> str:
    if not matching.is_pattern(text):
        raise ValueError("a name pattern has 1 to 200 characters and at most four stars")
    return text


def _place(pointer: str) -> str:
    if len(pointer) > 200 or not _POINTER.fullmatch(pointer):
        raise ValueError("write a place as a JSON pointer into the arguments, such as /iban")
    return pointer


def _called(word: str) -> str:
    if word != word.strip() or len(word) > 40 or not (word.isprintable() or not word):
        raise ValueError("a word for a value has up to 40 characters, no spaces around it and no hidden signs")
    return word


Name = Annotated[str, AfterValidator(_short)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Roles = Annotated[tuple[Name, ...], Field(max_length=8)]


def _wrong(pointer: str, message: str) -> PydanticCustomError:
    """What is wrong with the whole, and the member at which to say so."""
    return PydanticCustomError("rule", message, {"pointer": pointer})


class Part(BaseModel):
    """A part of the document: immutable, nothing unknown in it, nothing converted but what JSON cannot say."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Need(Part):
    """So many approvals, by different people who hold this role."""

    role: Name
    count: int = Field(1, ge=1, le=MOST_NEEDED)


class Step(Part):
    """After so many seconds without a decision, the people of this role are asked too, and any of them counts."""

    after_seconds: int = Field(ge=1, le=LONGEST)
    role: Name


class Caps(Part):
    """How much one server may ask here: asks a minute, and asks that wait at the same time. None is no bound."""

    per_minute: int | None = Field(None, ge=1, le=1_000_000)
    pending: int | None = Field(None, ge=1, le=1_000_000)


class GrantBounds(Part):
    """What a grant may cover at most: so many uses, within so many seconds."""

    uses: int = Field(ge=1, le=1000)
    seconds: int = Field(ge=60, le=LONGEST)


Named = Annotated[str, Field(min_length=1, max_length=LONGEST_NAMED)]


class Watch(Part):
    """A value of which people want to know whether it was approved before, and whose ids have names.

    `at` points into what `arguments` is about; `called` is the word for it, the last step of `at` when it is left out.
    """

    at: Annotated[str, AfterValidator(_place)]
    called: Annotated[str, AfterValidator(_called)] = ""
    names: Annotated[dict[Named, Named], Field(max_length=MOST_NAMES)] = Field(default_factory=dict)

    @property
    def word(self) -> str:
        return self.called or self.at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


class Rule(Part):
    """The rule of one checkpoint; `server` is a name, None for every server; times are whole seconds.

    `arguments` is a JSON Schema (2020-12) and `when` a CEL condition: the rule is about asks that fit both. Of the
    rules that fit an ask, a deny wins, then the most specific, then the higher `rank`.
    """

    checkpoint: Name
    kind: Literal[KINDS]
    pattern: Pattern
    server: str | None = None
    rank: int = Field(0, ge=0, le=99)
    effect: Literal["review", "allow", "deny"] = "review"
    arguments: dict[str, Any] | None = None
    when: str = Field("", max_length=1000)
    needs: Annotated[tuple[Need, ...], Field(max_length=8)] = ()
    order: Literal["parallel", "sequential"] = "parallel"
    passkey: Literal["optional", "required"] = "optional"
    deadline_seconds: int = Field(3600, ge=1, le=LONGEST)
    dwell_seconds: int = Field(0, ge=0, le=600)
    valid_seconds: int = Field(300, ge=1, le=timing.APPROVAL_LIFE)
    edit: Annotated[tuple[str, ...], Field(max_length=32)] = ()
    editors: Name | None = None
    review_result: bool = False
    caps: Caps = Caps()
    escalation: Annotated[tuple[Step, ...], Field(max_length=5)] = ()
    warn_seconds: int | None = Field(None, ge=1, le=LONGEST)
    absence: Literal["delegate", "none"] = "delegate"
    exclude_server_owner: bool = False
    grants: GrantBounds | None = None
    break_glass: Name | None = None
    logging: Roles = ()
    exceptions: Roles = ()
    consequence: str = Field("", max_length=300)
    risk: Literal["low", "normal", "high"] = "normal"
    watch: Annotated[tuple[Watch, ...], Field(max_length=8)] = ()
    retired: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What no single member can tell."""
        if self.effect == "review" and not self.needs:
            raise _wrong("/needs", "name a role for the approval duty, and how many of its people must say yes")
        if self.effect != "review" and self.needs:
            raise _wrong("/needs", "only the effect review needs approvals")
        if self.need > MOST_NEEDED:
            raise _wrong("/needs", f"a policy needs 1 to {MOST_NEEDED} approvals")
        if self.passkey == "required" and self.need > MOST_SIGNED:
            raise _wrong("/needs", f"where each yes needs a passkey, a policy needs 1 to {MOST_SIGNED} approvals")
        if self.passkey == "required" and self.effect != "review":
            raise _wrong("/passkey", "only what people decide can want their passkeys")
        roles = [need.role for need in self.needs]
        if len(set(roles)) != len(roles):
            again = next(index for index, role in enumerate(roles) if role in roles[:index])
            raise _wrong(f"/needs/{again}/role", "each role stands once among the needs")
        times = [step.after_seconds for step in self.escalation]
        for index, after in enumerate(times):
            if after >= self.deadline_seconds:
                raise _wrong(f"/escalation/{index}/after_seconds", "escalation comes before the deadline")
            if index and after <= times[index - 1]:
                message = "steps of escalation stand in the order of their times, each later than the one before"
                raise _wrong(f"/escalation/{index}/after_seconds", message)
        watched = [watch.at for watch in self.watch]
        if len(set(watched)) != len(watched):
            again = next(index for index, at in enumerate(watched) if at in watched[:index])
            raise _wrong(f"/watch/{again}/at", "each value is watched once")
        if self.editors is not None and not self.edit:
            raise _wrong("/editors", "name what may be changed, or nobody who may change it")
        if self.dwell_seconds >= self.deadline_seconds:
            raise _wrong("/dwell_seconds", "who has to look so long would never decide before the deadline")
        if self.warn_seconds is not None and self.warn_seconds >= self.deadline_seconds:
            raise _wrong("/warn_seconds", "a warning comes between the ask and its deadline")
        return self

    @property
    def need(self) -> int:
        """How many people must say yes."""
        return sum(need.count for need in self.needs)

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Duty -> the roles that hold it, in the order in which they are named."""
        return {
            "approval": tuple(need.role for need in self.needs),
            "logging": self.logging,
            "exceptions": self.exceptions,
        }

    @property
    def conditional(self) -> bool:
        """Whether it looks at more than kind, name and server."""
        return bool(self.when) or self.arguments is not None

    @property
    def document(self) -> dict[str, Any]:
        """The rule as plain values, what is as usual left out: what files hold, and diffs compare."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        return {member: said[member] for member in Rule.model_fields if member in said}


def read(document: dict[str, Any]) -> Rule:
    """Read a rule's document; BadPolicy says where it is wrong, and how."""
    try:
        canonical.canonical(document)
        return Rule.model_validate(document)
    except ValidationError as error:
        said, pointer = complaint(error)
        raise BadPolicy(said, pointer=pointer) from error
    except (TypeError, ValueError) as error:
        raise BadPolicy(words.said("A policy consists of what JSON can say.")) from error


def complaint(error: ValidationError) -> tuple[str, str | None]:
    """Return the first thing that is wrong, as a sentence, and where it is (RFC 6901)."""
    first = error.errors(include_url=False, include_input=False)[0]
    pointer = first.get("ctx", {}).get("pointer") or "".join(f"/{part}" for part in first["loc"])
    named = str(first["loc"][-1])[:80] if first["loc"] else ""
    told = {"extra_forbidden": f"there is no member {named}", "missing": f"the member {named} is missing"}
    said = told.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return f"{said[:1].upper()}{said[1:]}.", pointer or None


def stamped(rule: Rule, *, rev: int, published_at: str, published_by: str | None, confirmed_by: str | None) -> bytes:
    """Return the canonical bytes of a revision: all members of the rule, and how it came to be."""
    value = rule.model_dump(mode="json") | {
        "rev": rev, "published_at": published_at, "published_by": published_by, "confirmed_by": confirmed_by,
    }  # fmt: skip
    return canonical.preimage("policy", value)


@lru_cache(maxsize=4096)
def stored(body: bytes) -> Rule:
    """Read the rule of a revision's stored bytes; they never change, and lists read the same one many times."""
    value = json.loads(body)["value"]
    return Rule.model_validate({name: each for name, each in _today(value).items() if name not in STAMPED})


def _today(value: dict[str, Any]) -> dict[str, Any]:
    """A revision as it is written now; those of old had one role a duty."""
    if "needs" in value:
        return value
    kept = {name: each for name, each in value.items() if name not in ("need", "roles")}
    server, roles = value.get("server"), value["roles"]
    return kept | {
        "server": server.rpartition(":")[2] if server else None,
        "needs": [{"role": roles["approval"], "count": value["need"]}],
        "logging": [roles["logging"]] if "logging" in roles else [],
        "exceptions": [roles["exceptions"]] if "exceptions" in roles else [],
    }
