"""Runs one published vector against a verifier; used by the tests, and by the mutants the tests make of it."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

from placet import receipts
from placet.errors import Denied, NotVerified
from placet.receipts import Directory, Expected, Floor, MemorySpent, Pin

from .forge import FOLDER

VECTORS = [
    (path.stem, vector) for path in sorted(FOLDER.glob("*.json")) for vector in json.loads(path.read_text())["vectors"]
]


def outcome(vector: dict[str, Any], *, verifier: ModuleType = receipts) -> dict[str, Any]:
    """What a verifier makes of the vector, in the words of the vector's own `outcome`."""
    floor = dict(vector.get("floor", {}))
    if "bases" in floor:
        floor["bases"] = frozenset(floor["bases"])
    if "roles" in floor:
        floor["roles"] = frozenset(floor["roles"])
    spent = MemorySpent()
    for used in vector.get("spent", []):
        spent.spend(**used)
    directory = Directory(vector["directory"]) if "directory" in vector else None
    try:
        verified = verifier.verify(
            vector["receipt"].encode(), pin=Pin(vector["pin"]), expect=Expected(**vector["expect"]),
            now=vector["now"], spent=spent, floor=Floor(**floor), directory=directory,
        )  # fmt: skip
    except Denied as no:
        return {"denied": {"decision": no.decision, "reason": no.reason, "note": no.note}}
    except NotVerified as no:
        return {"refused": {"step": no.step, "code": no.code}}
    return {"verified": verified.effective}
