"""Private halves: in files of the folder, or in a hardware module. A place is `file:NAME` or `pkcs11:LABEL`."""

import os
import stat
from pathlib import Path
from typing import Protocol

from django.conf import settings
from placet.receipts import FileSigner

from . import folder

FIRST = "current.pem"
UNREADABLE = stat.S_IRWXG | stat.S_IRWXO
UNWRITABLE = stat.S_IWGRP | stat.S_IWOTH


class Unusable(Exception):
    """No signature can be made, or the key is not private: one sentence says why."""


class Held(Protocol):
    """A signer that also tells its public half: `FileSigner`, `Pkcs11Signer`, or whatever else holds an Ed25519 key."""

    kid: str
    public_key: bytes

    def sign(self, data: bytes) -> bytes: ...

    def public_jwk(self) -> dict[str, str]: ...


def first(where: Path) -> tuple[str, Held, int]:
    """The key of the first start, its place, and when it was made, in unix seconds."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = where / FIRST
    if settings.SIGNER == "pkcs11" and not path.exists():
        module = _module()
        place = f"pkcs11:{module['label']}"
        return place, _obtained(module), int(where.stat().st_mtime)
    if not path.exists():
        FileSigner.generate(path)
    check_private(where)
    return f"file:{FIRST}", _from_file(path), int(path.stat().st_mtime)


def make(where: Path, *, number: int) -> tuple[str, Held]:
    """A new key, where the settings want new keys; `number` tells its label in a module from earlier ones."""
    if settings.SIGNER == "pkcs11":
        module = _module()
        module["label"] = f"{module['label']}-{number}"
        return f"pkcs11:{module['label']}", _obtained(module)
    fresh = where / f".new-{os.getpid()}.pem"
    fresh.unlink(missing_ok=True)
    held = FileSigner.generate(fresh)
    name = f"{held.kid}.pem"
    os.replace(fresh, where / name)
    return f"file:{name}", held


def load(where: Path, place: str, *, kid: str) -> Held:
    """Raises `FileNotFoundError` where a file is gone, `Unusable` where the key is another one."""
    kind, _, name = place.partition(":")
    if kind == "pkcs11":
        held = _obtained(_module() | {"label": name}, make=False)
    elif kind == "file" and name and Path(name).name == name:
        check_private(where)
        held = _from_file(where / name)
    else:
        raise Unusable(f"{where / 'keys.json'} does not say where the key {kid} is.")
    if held.kid != kid:
        raise Unusable(f"{place} holds the key {held.kid}, but {kid} is in use.")
    return held


def remove(where: Path, place: str) -> None:
    """A retired key signs nothing any more, so nobody needs to be able to. A module's is left to its operator."""
    kind, _, name = place.partition(":")
    if kind == "file":
        (where / name).unlink(missing_ok=True)


def check_private(where: Path) -> None:
    """Others of this machine can neither read nor write a private key, nor exchange what says which one signs."""
    for pattern, what in (("*.pem", "private key"), ("seal-*.key", "sealing key")):
        for path in sorted(where.glob(pattern)):
            if (mode := path.stat().st_mode) & UNREADABLE:
                octal = f"{stat.S_IMODE(mode):04o}"
                raise Unusable(f"others of this machine may read the {what} {path} ({octal}): chmod 600, and rotate")
    for path in (where, where / folder.FILE):
        if path.exists() and (mode := path.stat().st_mode) & UNWRITABLE:
            raise Unusable(f"others of this machine may write {path} ({stat.S_IMODE(mode):04o}): chmod go-w, and look")


def _from_file(path: Path) -> FileSigner:
    try:
        return FileSigner.load(path)
    except ValueError as error:
        raise Unusable(f"{path} holds no Ed25519 key") from error


def _module() -> dict[str, str]:
    named = {
        "module": settings.PKCS11_MODULE, "token": settings.PKCS11_TOKEN, "label": settings.PKCS11_LABEL,
        "pin": settings.PKCS11_PIN,
    }  # fmt: skip
    missing = [f"PKCS11_{name.upper()}" for name, value in named.items() if not value]
    if missing:
        raise Unusable(f"a key is in a hardware module, but {', '.join(missing)} is not set")
    return named


def _obtained(module: dict[str, str], *, make: bool = True) -> Held:
    from placet.receipts.pkcs11 import NoKey, Pkcs11Signer

    try:
        return Pkcs11Signer.obtain(**module) if make else Pkcs11Signer(**module)
    except NoKey as error:
        raise Unusable(str(error).rstrip(".")) from error
