"""The file `keys.json`: read whole, replaced whole, and one writer at a time."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FILE, LOCK = "keys.json", ".lock"

#: What changes when the file is replaced: inode, time of change in ns, length.
type Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """The signed changes in their order, and for each key where its private half is (see `halves`)."""

    changes: list[str]
    places: dict[str, str]


def stamp(where: Path) -> Stamp | None:
    """None before the first key."""
    try:
        found = os.stat(where / FILE)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(where: Path) -> Kept:
    said = json.loads((where / FILE).read_bytes())
    return Kept(list(said["changes"]), dict(said["places"]))


def replace(where: Path, kept: Kept) -> None:
    """The moment of a change: whoever looks at the file sees all of it, or nothing yet."""
    os.replace(_written(where, kept), where / FILE)
    descriptor = os.open(where, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone(where: Path) -> Iterator[None]:
    """One change at a time, whichever process makes it."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(where / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def seconds() -> float:
    """Now. A JWK Set leaves out what is long over: the one thing here that depends on the hour."""
    return time.time()


def _written(where: Path, kept: Kept) -> Path:
    fresh = where / f".{FILE}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(json.dumps({"changes": kept.changes, "places": kept.places}, indent=1).encode())
        file.flush()
        os.fsync(file.fileno())
    return fresh
