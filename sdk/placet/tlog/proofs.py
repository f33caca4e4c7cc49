"""What a console answers about its ledger, checked without asking it: one entry in a head, one head grown from another.

Hashes in these answers are base64url without padding; a head is its signed note.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from placet import canonical, jws
from placet.tlog import entries, heads, tree

MAX_BYTES = 256 * 1024
ENDINGS = tuple(f"action.{ending}" for ending in ("approved", "denied", "expired", "withdrawn"))


def receipt_in(raw: bytes) -> tuple[dict[str, Any], heads.Note]:
    """Check that a receipt is in its head: the answer of `…/receipt?proof=1`, or of `/ledger/proof` without a receipt.

    Returns what the entry says, and the head, whose signature is still to be checked. Raises `BadProof`.
    """
    answer = _object(raw)
    try:
        proof, note = answer["inclusion"], heads.read(answer["head"]["note"].encode())
        said, hashes = proof["entry"], _hashes(proof["hashes"])
        hashed, leaf = entries.hash_of(said), said["leaf"]
    except (KeyError, TypeError, AttributeError, canonical.NotCanonical) as error:
        raise tree.BadProof("This is no answer with a proof of inclusion.") from error
    if type(leaf) is not int:
        raise tree.BadProof("A leaf has a number.")
    tree.check_inclusion(leaf=leaf, size=note.head.size, leaf_hash=hashed, root=note.head.root, proof=hashes)
    if "receipt" in answer:
        _check_receipt(str(answer["receipt"]).encode(), said)
    return said, note


def grown(raw: bytes, *, old: heads.Head, new: heads.Head) -> None:
    """Check that the tree of one head grew into that of the other: the answer of `/ledger/consistency`.

    Raises `BadProof`.
    """
    if old.origin != new.origin:
        raise tree.BadProof("These heads are of two ledgers.")
    answer = _object(raw)
    if not isinstance(answer.get("hashes"), list):
        raise tree.BadProof("This is no answer with a proof of consistency.")
    tree.check_consistency(
        old=old.size, new=new.size, old_root=old.root, new_root=new.root, proof=_hashes(answer["hashes"])
    )


def _check_receipt(receipt: bytes, said: Mapping[str, Any]) -> None:
    """The entry is of how the receipt's action ended, and names the receipt by its digest."""
    if said.get("event") not in ENDINGS or said.get("dig") != canonical.digest_bytes(receipt):
        raise tree.BadProof("The entry is not that of this receipt.")


def _hashes(listed: list[str]) -> list[bytes]:
    try:
        return [jws.decode(each.encode()) for each in listed]
    except (ValueError, AttributeError) as error:
        raise tree.BadProof("A hash is base64url.") from error


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise tree.BadProof(f"An answer has at most {MAX_BYTES} bytes.")
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise tree.BadProof("This is no JSON.") from error
    if not isinstance(said, dict):
        raise tree.BadProof("This is no JSON object.")
    return said
