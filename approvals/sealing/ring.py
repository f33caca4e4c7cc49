"""The key-encryption keys: files beside the signing key (`var/keys/seal-N.key`, 0600), or `SEAL_KEYS`.

The highest number is current and wraps what is new; the others open what they wrapped. The first is made at the first
start. A running process looks for new files once a second, so a rotation needs no restart.
"""

import base64
import binascii
import hashlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from ..errors.sealed import BadSealingKey, SealingKeyMissing

LENGTH = 32
PATTERN = "seal-*.key"
LOOK_EVERY = 1.0  # seconds between looks at the folder

# What was sealed before says that there was a key: a new one would hide that it was lost.
_SEALED = "SELECT 1 FROM approvals_action WHERE substr(body, 1, 1) = %s LIMIT 1"


@dataclass(frozen=True, slots=True)
class Key:
    """One key-encryption key. `id` is eight bytes of its digest: it tells nothing of the key."""

    id: bytes
    cipher: AESGCM = field(repr=False)
    file: Path | None = None

    @property
    def name(self) -> str:
        return self.id.hex()


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys by id; `current` wraps what is sealed from now on."""

    keys: dict[bytes, Key]
    current: Key


class _Folder:
    """What this process knows of the keys, and when it looked last."""

    def __init__(self) -> None:
        self.ring: Ring | None = None
        self.looked, self.stamp = 0.0, (0, 0)
        self.of: tuple[object, str] = (None, "")

    def read(self, *, again: bool = False) -> Ring:
        now, of = time.monotonic(), (settings.KEYS_DIR, settings.SEAL_KEYS)
        if self.ring is None or self.of != of:
            folder = Path(of[0])
            self.ring, self.of, self.stamp = _read(folder, of[1]), of, _stamp(folder)
        elif again or now - self.looked >= LOOK_EVERY:
            folder = Path(of[0])
            stamp = _stamp(folder)
            if stamp != self.stamp:
                self.ring, self.stamp = _read(folder, of[1]), stamp
        else:
            return self.ring
        self.looked = now
        return self.ring


_folder = _Folder()


def ring() -> Ring:
    """Return the keys as they are now."""
    return _folder.read()


def key(name: bytes) -> Key:
    """Return the key of this id; a running process that does not know it looks again. SealingKeyMissing without it."""
    found = _folder.read().keys.get(name) or _folder.read(again=True).keys.get(name)
    if found is None:
        raise SealingKeyMissing(name.hex())
    return found


def make() -> Key:
    """Make a new key, which is current from now on."""
    folder = Path(settings.KEYS_DIR)
    _write(folder, number=max(map(_number, _files(folder)), default=0) + 1)
    return _folder.read(again=True).current


def read(text: str, *, file: Path | None = None) -> Key:
    """The key that is written so; BadSealingKey otherwise."""
    try:
        raw = base64.urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))
    except (ValueError, binascii.Error):
        raise BadSealingKey() from None
    if len(raw) != LENGTH:
        raise BadSealingKey()
    return Key(hashlib.sha256(b"placet.seal.kek.v1\0" + raw).digest()[:8], AESGCM(raw), file)


def _read(folder: Path, told: str) -> Ring:
    given = [read(text) for text in told.replace(",", " ").split()]
    files = sorted(_files(folder), key=_number, reverse=True)
    if not given and not files:
        _write(folder, number=1, first=True)
        files = _files(folder)
    keys = [*given, *(read(file.read_text(), file=file) for file in files)]
    return Ring({each.id: each for each in reversed(keys)}, keys[0])


def _write(folder: Path, *, number: int, first: bool = False) -> None:
    """Written whole under a name of its own, then linked into place: two first starts agree on one key."""
    if first and _is_anything_sealed():
        raise SealingKeyMissing()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh, file = folder / f".seal-{os.getpid()}-{os.urandom(4).hex()}", folder / f"seal-{number}.key"
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags | os.O_EXCL, 0o600)) as out:
        out.write(base64.urlsafe_b64encode(os.urandom(LENGTH)).decode().rstrip("=") + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # what it seals must not be safer on disk than itself
    finally:
        os.close(descriptor)


def _is_anything_sealed() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SEALED, [b"\x01"])
        return cursor.fetchone() is not None


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.glob(PATTERN) if _number(file)]


def _number(file: Path) -> int:
    digits = file.stem.removeprefix("seal-")
    return int(digits) if digits.isdecimal() else 0


def _stamp(folder: Path) -> tuple[int, int]:
    """Changes when a file comes or goes."""
    try:
        found = folder.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino
