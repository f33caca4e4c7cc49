"""A pinned directory: who held which role, and with which passkeys, as the verifier was told on a way it trusts.

    {"@type": "placet.directory.v1", "iss": "https://console.example.org", "at": 1795400000,
     "rp": {"id": "console.example.org", "origins": ["https://console.example.org"]},
     "people": [{"sub": "user:alice",
                 "roles": [{"role": "payments-owner", "from": 1795000000, "until": null}],
                 "stands_in": [{"for": "user:dana", "role": "payments-owner", "from": 1795000000, "until": 1796000000}],
                 "passkeys": [{"id": "<credential id>", "alg": -7, "jwk": {…}, "from": 1795000000, "until": null}]}]}

Times are seconds since 1970; a window holds from its first second to before `until`. Passkeys are public keys (RFC
7517) with the name of their algorithm in COSE (RFC 9053): -7 ES256, -8 EdDSA with Ed25519, -257 RS256.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from placet.errors import NotVerified
from placet.receipts.terms import Floor

TYPE = "placet.directory.v1"
KEYS = {-7: ("EC", "P-256"), -8: ("OKP", "Ed25519"), -257: ("RSA", None)}

type Source = Directory | Mapping[str, Any] | str | os.PathLike[str]
type Window = Mapping[str, Any]
type Person = Mapping[str, Any]


class Directory:
    """The people of one console, as pinned. Raises ValueError where it says something that cannot count."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        if not isinstance(said, Mapping) or said.get("@type") != TYPE:
            raise ValueError(f"A directory is an object with `@type` {TYPE}.")
        try:
            self.iss, self.rp_id = _text(said["iss"]), _text(said["rp"]["id"])
            self.origins = frozenset(_text(origin) for origin in _listed(said["rp"]["origins"]))
            self.at = said.get("at")
            self._people = {_text(person["sub"]): _checked(person) for person in _listed(said["people"])}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This directory is not whole: {error}.") from None
        if len(self._people) != len(said["people"]):
            raise ValueError("A directory names each person once.")
        self._path: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._refuse_sharing()

    @classmethod
    def file(cls, path: str | os.PathLike[str]) -> Self:
        """Pin what stands in a file; when the file changes it is read again, so a new one needs no restart."""
        found = cls(json.loads(Path(path).read_bytes()))
        found._path, found._stamp = Path(path), _stamp(path)
        return found

    @classmethod
    def of(cls, source: Source | None) -> Directory | None:
        """A directory from whatever a caller has: one, its JSON, a file's path, or none."""
        if source is None or isinstance(source, Directory):
            return source
        return cls(source) if isinstance(source, Mapping) else cls.file(source)

    def fresh(self) -> Directory:
        """This directory, read again when its file changed. One that cannot be read any more refuses everything."""
        if self._path is None:
            return self
        try:
            if _stamp(self._path) != self._stamp:
                self.__dict__ = type(self).file(self._path).__dict__
        except (OSError, ValueError) as error:
            raise NotVerified(11, "no_directory", f"the directory cannot be read: {error}") from None
        return self

    def person(self, sub: Any) -> Person | None:
        """Whoever has this name, as `user:alice`; None when the directory knows nobody so called."""
        return self._people.get(sub) if isinstance(sub, str) else None

    def _refuse_sharing(self) -> None:
        """One passkey is one person's: else one authenticator would count for two people."""
        seen: set[str] = set()
        for person in self._people.values():
            for passkey in person["passkeys"]:
                names = {passkey["id"], json.dumps(_material(passkey["jwk"]), sort_keys=True)}
                if seen & names:
                    raise ValueError("A passkey stands in this directory twice.")
                seen |= names


def demanded(floor: Floor | None, source: Source | None) -> tuple[Floor, Directory | None]:
    """What a caller demands: a directory alone means level 2. Raises ValueError for level 2 without one."""
    directory = Directory.of(source)
    floor = floor or Floor(level=2 if directory else 1)
    if floor.level == 2 and directory is None:
        raise ValueError("Level 2 takes a directory: whose passkeys count.")
    return floor, directory


def holds_role(person: Person, role: Any, *, at: int) -> bool:
    """Whether the role was theirs then."""
    return any(held["role"] == role for held in _valid(person["roles"], at=at))


def stood_in(person: Person, role: Any, *, principal: Any, at: int) -> bool:
    """Whether they stood in then for somebody's role."""
    standing = _valid(person["stands_in"], at=at)
    return any(each["for"] == principal and each["role"] == role for each in standing)


def credential(person: Person, name: Any) -> Window | None:
    """Their passkey of that credential id, whenever it counted."""
    return next((passkey for passkey in person["passkeys"] if passkey["id"] == name), None)


def covers(window: Window, *, at: int) -> bool:
    """Whether the window holds at this second."""
    return window["from"] <= at and (window["until"] is None or at < window["until"])


def _valid(windows: list[Window], *, at: int) -> Iterator[Window]:
    return (window for window in windows if covers(window, at=at))


def _checked(said: Mapping[str, Any]) -> Person:
    lists = {"roles": said["roles"], "stands_in": said.get("stands_in", []), "passkeys": said["passkeys"]}
    person = {name: _listed(windows) for name, windows in lists.items()}
    for window in [*person["roles"], *person["stands_in"], *person["passkeys"]]:
        until = window["until"]
        if type(window["from"]) is not int or not (until is None or type(until) is int):
            raise ValueError("A window of a directory is from one second on, and until another or null.")
    for held in [*person["roles"], *person["stands_in"]]:
        _text(held["role"])
    for standing in person["stands_in"]:
        _text(standing["for"])
    for passkey in person["passkeys"]:
        _text(passkey["id"])
        if (passkey["jwk"].get("kty"), passkey["jwk"].get("crv")) != KEYS.get(passkey["alg"]):
            raise ValueError("A passkey's algorithm is -7 with P-256, -8 with Ed25519, or -257 with RSA.")
        if "d" in passkey["jwk"]:
            raise ValueError("This directory holds a private key.")
    return person


def _material(jwk: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the key this key (RFC 7638)."""
    return {name: jwk.get(name) for name in ("kty", "crv", "x", "y", "n", "e")}


def _stamp(path: str | os.PathLike[str]) -> tuple[int, int]:
    at = os.stat(path)
    return at.st_mtime_ns, at.st_size


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("People, roles and passkeys of a directory are lists.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("A directory's names are texts.")
    return value
