"""Both verifiers say the same of receipts, statements and directories in which something was changed at random."""

import os

from placet.examination import examine
from placet.receipts import Directory, Floor, Pin

from . import differing, judge
from .forge import receipts as forge
from .script import javascript

MANY = int(os.environ.get("MANY_CHANGES", "400"))  # thousands by hand, as many as fit in a second here


def outcome(vector):
    try:
        return judge.outcome(vector)
    except ValueError:  # nothing but the directory is looked over before the receipt
        return {"bad": "directory"}


def test_both_verifiers_say_the_same_of_whatever_is_changed():
    vectors = differing.receipts(MANY, seed=int(os.environ.get("SEED", "1")))
    said = javascript("tried", vectors)
    apart = [(v["receipt"], outcome(v), other) for v, other in zip(vectors, said, strict=True) if outcome(v) != other]
    assert apart == []


def test_whatever_the_console_signed_can_be_examined():
    """Who looks at a receipt as an auditor is told what it is, and not that a program fell over."""
    for vector in differing.receipts(MANY // 4, seed=2):
        try:
            people = Directory(vector["directory"])
        except ValueError:
            continue
        found = examine(vector["receipt"].encode(), pin=Pin(vector["pin"]), now=forge.NOW, directory=people,
                        floor=Floor(level=vector["floor"]["level"]))  # fmt: skip
        assert (found.decision is None) == (found.refusal is not None)
    far = forge.refusal("denied", "owner_denied") | {"exp": 2**53 - 1}
    raw = forge.sealed(far, typ=forge.DENIAL).encode()
    assert examine(raw, pin=Pin(forge.PIN), now=forge.NOW).decision == "denied"
