"""A witness: keeps the last head of a log, and co-signs only what continues it (C2SP tlog-witness).

What it saw is on the disk before it signs, so that no crash makes it forget. It refuses a head that is older, or of
another history, and keeps those it refused: a head that the log signed, and that contradicts, convicts the log.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from placet import jws
from placet.tlog import cosigning, heads, tree

MOST_HASHES = 63
MOST_EVIDENCE = 1024 * 1024

type Keys = Callable[[], Iterable[Mapping[str, Any]]]


class Refused(Exception):
    """Why a head is not co-signed; `status` is the one of C2SP tlog-witness, `size` what was seen, where that helps."""

    def __init__(self, status: int, why: str, *, size: int | None = None) -> None:
        super().__init__(why)
        self.status, self.size = status, size


class Witness:
    """The witness of one log, `origin`. `keys` are those whose signature makes a head the log's."""

    def __init__(self, *, name: str, key: Any, origin: str, keys: Keys, state: Path) -> None:
        self.name, self.origin = name, origin
        self._key, self._keys, self._state = key, keys, state
        self._turn = threading.Lock()
        self._seen, self.line = _read(state, origin)

    @property
    def vkey(self) -> str:
        return cosigning.Witness(self.name, self._key.public_key).vkey

    @property
    def seen(self) -> heads.Note | None:
        """The last head that was co-signed, or was about to be."""
        return self._seen

    def add(self, note: heads.Note, *, old: int, proof: Sequence[bytes], at: int) -> str:
        """Return the cosignature's line. Raises `Refused`. `old` is the size that the proof begins from."""
        if note.head.origin != self.origin:
            raise Refused(404, f"This witness does not know {note.head.origin}.")
        try:
            keys = list(self._keys())
            heads.signed_by(note, keys)
            note = heads.bare(note, keys)
        except heads.BadHead as no:
            raise Refused(403, str(no)) from no
        with self._turn:
            self._follow(note, old=old, proof=proof)
            _write(self._state, note)
            self._seen, self.line = note, ""
            self.line = cosigning.sign(
                note, name=self.name, public_key=self._key.public_key, signer=self._signer(), at=at
            )
            _write(self._state, note, self.line)
            return self.line

    def checkpoint(self) -> str | None:
        """The last head with the cosignature, for whoever watches the log; None before the first."""
        if self._seen is None or not self.line:
            return None
        return heads.written(self._seen, [self.line])

    def _signer(self) -> jws.Signer:
        return self._key

    def _follow(self, note: heads.Note, *, old: int, proof: Sequence[bytes]) -> None:
        """Whether it continues what was seen, in the order of the specification's answers."""
        known, new = self._seen.head if self._seen else None, note.head
        if old > new.size:
            self._keep(note)
            raise Refused(400, "A log does not shrink: the old size is above the new one.")
        if old != (known.size if known else 0):
            size = known.size if known else 0
            raise Refused(409, f"The last head seen has {size} leaves.", size=size)
        if len(proof) > MOST_HASHES:
            raise Refused(400, f"A proof has at most {MOST_HASHES} hashes.")
        try:
            if known is None or known.size == 0:
                if proof or (new.size == 0 and new.root != tree.EMPTY):
                    raise tree.BadProof("A first head needs no proof, and an empty log has the empty root.")
            else:
                tree.check_consistency(
                    old=known.size, new=new.size, old_root=known.root, new_root=new.root, proof=proof
                )
        except tree.BadProof as no:
            self._keep(note)
            raise Refused(422, f"It does not continue what was seen: {no}") from no

    def _keep(self, note: heads.Note) -> None:
        """A head that the log signed and that does not fit: evidence, each once, as far as there is room.

        Anybody may bring an honest head with a wrong proof. So there is room that only two roots of one size get.
        """
        file, known = self._state.with_name(f"{self._state.name}.refused"), self._seen
        convicts = known is not None and known.head.size == note.head.size and known.head.root != note.head.root
        kept = file.read_bytes() if file.exists() else b""
        if note.text.encode() not in kept and len(kept) < MOST_EVIDENCE * (2 if convicts else 1):
            with file.open("ab") as out:
                out.write(heads.written(note).encode() + b"\n")


def request(note: heads.Note, *, old: int, proof: Iterable[bytes]) -> bytes:
    """The body of `add-checkpoint`."""
    lines = [f"old {old}", *(heads.base64_of(each) for each in proof), "", heads.written(note)]
    return "\n".join(lines).encode()


def asked(body: bytes) -> tuple[int, list[bytes], heads.Note]:
    """Read the body of `add-checkpoint`: old size, proof, head. Raises `Refused`."""
    try:
        above, divided, note = body.decode().partition("\n\n")
        first, *hashes = above.split("\n")
        word, _, size = first.partition(" ")
        if not divided or word != "old" or not heads.SIZE.fullmatch(size):
            raise ValueError("Expected: old size, proof, an empty line, a signed head.")
        proof = [heads.decoded(each) for each in hashes]
        if any(len(each) != 32 for each in proof) or len(proof) > MOST_HASHES:
            raise ValueError("A proof has at most 63 hashes of 32 bytes each.")
        return int(size), proof, heads.read(note.encode())
    except ValueError as no:
        raise Refused(400, str(no)) from no


def _read(file: Path, origin: str) -> tuple[heads.Note | None, str]:
    try:
        said = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None, ""
    note = heads.read(str(said["note"]).encode())
    if note.head.origin != origin:
        raise ValueError(f"{file} is of another log, {note.head.origin}.")
    return note, str(said["line"])


def _write(file: Path, note: heads.Note, line: str = "") -> None:
    """On the disk when this returns: the file, and its name in the folder."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with fresh.open("wb") as out:
        out.write(json.dumps({"note": heads.written(note), "line": line}).encode())
        out.flush()
        os.fsync(out.fileno())
    os.replace(fresh, file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
