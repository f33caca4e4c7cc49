"""What else of the map is written down: roles, servers and admins, as pages, files and digests share it.

The document of a checkpoint is its rule (see `policies`). All are read strictly: nothing unknown, nothing guessed.
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from placet import canonical, envelopes, jws
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from accounts import words

from ..errors import BadChange
from . import matching
from .policies import Name, Part, complaint

SERVER = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[0-9]{1,5})?|\*|\[[0-9a-f:.]+\](:[0-9]{1,5})?")
MOST_LISTED, MOST_MEMBERS = 500, 2000


def _moment(said: Any) -> str:
    """RFC 3339 with its offset, as UTC. It stays text: what is digested is what was written."""
    try:
        read = datetime.fromisoformat(said) if isinstance(said, str) and len(said) <= 40 else None
        if read is not None and read.tzinfo is not None:
            return stamp(read)
    except (ValueError, OverflowError):  # an offset may lead out of the calendar
        pass
    raise ValueError("write a moment as 2026-11-27T18:00:00Z, with its offset")


def stamp(moment: datetime) -> str:
    """A moment as documents write it."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("write it in one line, without hidden signs")
    return text


def _server(name: str) -> str:
    if not SERVER.fullmatch(name):
        raise ValueError("a server's name has 1 to 64 lower-case letters, digits, dots or dashes")
    return name


def _tools(listed: list[str]) -> list[str]:
    wrong = [each for each in listed if not matching.is_pattern(each)]
    if wrong:
        raise ValueError(f"a tool's pattern has 1 to 200 characters and at most four stars: {wrong[0][:60]}")
    return _each_once(listed)


def _hosts(listed: list[str]) -> list[str]:
    wrong = [each for each in listed if len(each) > 253 or not HOST.fullmatch(each)]
    if wrong:
        raise ValueError(f"write a host as pay.example.org, or *.example.org, in small letters: {wrong[0][:60]}")
    return _each_once(listed)


def _each_once(listed: list[str]) -> list[str]:
    return sorted(set(listed))


def _key(said: Any) -> dict[str, str] | None:
    """A public key in its one spelling: the three members that make it. PEM is read too."""
    if said is None:
        return None
    try:
        source = said if isinstance(said, str) else json.dumps(said)
        raw, _ = envelopes.read_public_key(source.encode())
    except (TypeError, ValueError) as error:
        raise ValueError("the public key is one Ed25519 key: a JWK of type OKP, or PEM") from error
    return key(raw)


def key(raw: bytes) -> dict[str, str]:
    """The 32 bytes of a public key, as documents write it."""
    return {member: said for member, said in jws.jwk(raw).items() if member in ("crv", "kty", "x")}


Moment = Annotated[str, BeforeValidator(_moment)]
Line = Annotated[str, AfterValidator(_line)]
Person = Annotated[Line, Field(min_length=1, max_length=150)]
ServerName = Annotated[str, AfterValidator(_server)]
Listed = Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=MOST_LISTED)]
Bound = Annotated[int, Field(ge=1, le=1_000_000)]


class Document(Part):
    """One document; `about` the same thing, two are equal when their plain values are."""

    @property
    def plain(self) -> dict[str, Any]:
        """As plain values, what is as usual left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)


class Member(Document):
    """A person in a role. Without `from`: since it took effect, or since they hold it; without `until`: for good."""

    person: Person
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = None

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.since and self.until and datetime.fromisoformat(self.until) <= datetime.fromisoformat(self.since):
            raise ValueError("a membership ends after it begins")
        return self


class RoleDocument(Document):
    """Who holds a role, from when until when: everybody who shall, and nobody else."""

    role: Name
    members: Annotated[list[Member], Field(max_length=MOST_MEMBERS)] = []

    @model_validator(mode="after")
    def _each_window_once(self) -> Self:
        seen = [(member.person, member.since) for member in self.members]
        if len(set(seen)) != len(seen):
            raise ValueError("a person stands in a role once for each beginning")
        return self


class ServerDocument(Document):
    """A server's title, owner of record, key and bounds. `tools` and `hosts` None is no bound; empty lists nothing.

    While it is `stopped`, no credential of it is accepted; starting it again is a change.
    """

    server: ServerName
    title: Line = Field("", max_length=120)
    environment: Line = Field("", max_length=40)
    owner: Person | None = None
    tools: Annotated[Listed, AfterValidator(_tools)] | None = None
    hosts: Annotated[Listed, AfterValidator(_hosts)] | None = None
    per_minute: Bound | None = None
    pending_most: Bound | None = None
    public_key: Annotated[dict[str, str] | None, BeforeValidator(_key)] = None
    stopped: bool = False


class TokenDocument(Document):
    """That the server gets a new bearer token; those it has end."""

    server: ServerName


class AdminDocument(Document):
    """Whether this person changes the map."""

    person: Person
    admin: bool


class PasskeyDocument(Document):
    """A passkey that is to count: whose it is, its credential id, and the digest of its public key."""

    person: Person
    name: Line = Field(max_length=60)
    passkey: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22,171}$")]
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


def read[D: Document](shape: type[D], document: Any) -> D:
    """Read a document of this shape; BadChange says where it is wrong, and how."""
    try:
        canonical.canonical(document)
        return shape.model_validate(document)
    except ValidationError as error:
        said, pointer = complaint(error)
        raise BadChange(said, pointer=pointer) from error
    except (TypeError, ValueError) as error:
        raise BadChange(words.said("A document consists of what JSON can say.")) from error
