"""The Merkle tree of RFC 6962, section 2.1: its hashes, which subtrees a proof consists of, and how a proof is checked.

A hash is 32 bytes (SHA-256). Leaves are counted from 0. Where hashes are kept is not decided here: what is needed comes
out as spans of leaves, and a span as perfect subtrees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

#: The root of a tree without leaves.
EMPTY = hashlib.sha256().digest()

#: The leaves from the first to before the second.
type Span = tuple[int, int]


class BadProof(ValueError):
    """The proof does not lead to the root it should lead to."""


class Node(NamedTuple):
    """A perfect subtree: `2 ** level` leaves, the first of them `index * 2 ** level`."""

    level: int
    index: int


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Peaks:
    """The perfect subtrees of a growing tree, largest first: all that is needed to go on and to tell the root."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size, self._hashes = size, list(hashes)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add a leaf by its hash; return the perfect subtrees it completed, itself first."""
        index, level, last = self.size, 0, leaf
        done = [(Node(0, index), leaf)]
        while index & 1:
            last = node_hash(self._hashes.pop(), last)
            index, level = index >> 1, level + 1
            done.append((Node(level, index), last))
        self._hashes.append(last)
        self.size += 1
        return done

    @property
    def root(self) -> bytes:
        return joined(self._hashes) if self._hashes else EMPTY


def joined(hashes: Sequence[bytes]) -> bytes:
    """The hash over neighbouring perfect subtrees, largest first."""
    last = hashes[-1]
    for each in reversed(hashes[:-1]):
        last = node_hash(each, last)
    return last


def subtrees(span: Span) -> list[Node]:
    """The perfect subtrees of a span that a proof or a root needs, largest first."""
    start, end = span
    found = []
    for level in reversed(range((end - start).bit_length())):
        if (end - start) >> level & 1:
            found.append(Node(level, start >> level))
            start += 1 << level
    return found


def inclusion(leaf: int, size: int) -> list[Span]:
    """The spans whose hashes prove that a leaf is in a tree (RFC 6962, 2.1.1), the nearest first."""
    if not 0 <= leaf < size:
        raise ValueError(f"A tree of {size} has no leaf {leaf}.")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Span]:
    """The spans whose hashes prove that a tree grew into another one (RFC 6962, 2.1.2)."""
    if not 0 < old <= new:
        raise ValueError(f"A tree of {old} does not grow into one of {new}.")
    start, end, whole, path = 0, new, True, []
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return path[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def check_inclusion(*, leaf: int, size: int, leaf_hash: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `BadProof` unless the leaf of this hash is in the tree of this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= leaf < size:
        raise BadProof(f"A tree of {size} has no leaf {leaf}.")
    _check_hashes([leaf_hash, root, *proof])
    at, last, found = leaf, size - 1, leaf_hash
    for each in proof:
        if not last:
            raise BadProof("The proof is too long.")
        if at & 1 or at == last:
            found = node_hash(each, found)
            at, last = _risen(at, last, while_even=True)
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("The proof is too short.")
    if found != root:
        raise BadProof("The proof leads to another root.")


def check_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise `BadProof` unless the tree of the old root grew into that of the new one (RFC 9162, 2.1.4.2)."""
    _check_hashes([old_root, new_root, *proof])
    if not 0 < old <= new:
        raise BadProof(f"A tree of {old} does not grow into one of {new}.")
    if old == new:
        if proof or old_root != new_root:
            raise BadProof("Two trees of one size are one tree, and need no proof.")
        return
    if not proof:
        raise BadProof("The proof is empty.")
    first, *rest = proof if old & (old - 1) else [old_root, *proof]
    at, last = _risen(old - 1, new - 1, while_even=False)
    before = after = first
    for each in rest:
        if not last:
            raise BadProof("The proof is too long.")
        if at & 1 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            at, last = _risen(at, last, while_even=True)
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    if last:
        raise BadProof("The proof is too short.")
    if (before, after) != (old_root, new_root):
        raise BadProof("The proof leads to other roots.")


def _risen(at: int, last: int, *, while_even: bool) -> tuple[int, int]:
    """Go up past the levels where nothing is hashed: from a left edge without a right side, or along ones."""
    while (at and not at & 1) if while_even else at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(each) != 32 for each in hashes):
        raise BadProof("A hash has 32 bytes.")


def proof_of(spans: Sequence[Span], read: Callable[[Node], bytes]) -> list[bytes]:
    """The hashes of the spans, from those of the perfect subtrees."""
    return [joined([read(node) for node in subtrees(span)]) for span in spans]
