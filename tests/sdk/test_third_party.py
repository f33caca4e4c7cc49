"""What others published to try verifiers with, tried on both of ours."""

import base64
import json
import struct
from pathlib import Path

import pytest
from placet import jws
from placet.canonical import NotCanonical, canonical, parse

from .script import javascript

HERE = Path(__file__).parent
#: RFC 8785, appendix B: the bits of a number, and how it is written. The three that are written as integers beyond
#: 2^53-1 are right there, and not admitted here: I-JSON (RFC 7493, 2.2) would read them back as something else.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": None, "c340000000000000": None, "4430000000000000": None,
    "44b52d02c7e14af5": "9.999999999999997e+22", "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23", "444b1ae4d6e2ef4e": None, "444b1ae4d6e2ef4f": None,
    "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7", "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343", "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip
SORTED = '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",'
SORTED += '"\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}'
ORDER = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
         "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]  # fmt: skip


def written(text: str) -> str | None:
    try:
        return canonical(parse(text.encode())).decode()
    except NotCanonical:
        return None


def test_numbers_are_written_as_rfc_8785_writes_them():
    texts = [repr(struct.unpack(">d", bytes.fromhex(bits))[0]) for bits in NUMBERS]
    assert [written(text) for text in texts] == list(NUMBERS.values())
    said = javascript("texts", [base64.b64encode(text.encode()).decode() for text in texts])
    assert [each.get("canonical") for each in said] == list(NUMBERS.values())


def test_members_are_sorted_as_rfc_8785_sorts_them():
    (said,) = javascript("texts", [base64.b64encode(SORTED.encode()).decode()])
    assert said["canonical"] == written(SORTED)
    assert list(json.loads(said["canonical"]).values()) == ORDER


def test_both_verifiers_pass_wycheproof():
    groups = json.loads((HERE / "third_party" / "wycheproof-ed25519.json").read_text())["groups"]
    tests = [(group["pk"], test) for group in groups for test in group["tests"]]
    assert len(tests) == 210
    said = javascript("signatures", [
        {"x": _text(pk), "bytes": _text(test["msg"]), "signature": _text(test["sig"])} for pk, test in tests
    ])  # fmt: skip
    for (pk, test), other in zip(tests, said, strict=True):
        segments = jws.Segments(bytes.fromhex(test["msg"]), b"", b"", bytes.fromhex(test["sig"]))
        ours = jws.signature_holds(segments, public_key=bytes.fromhex(pk))
        assert ours == other, test
        if bytes.fromhex(pk) in jws.SMALL_ORDER:
            assert not ours, test  # acceptable there, not here: anybody signs in the name of such a key
        else:
            assert test["result"] == "acceptable" or ours == (test["result"] == "valid"), test


def test_the_independent_verifier_passes_the_proofs_of_rfc_6962():
    tests = json.loads((HERE / "rfc6962" / "inclusion.json").read_text())
    given = [
        {"leaf": test["leafIdx"], "size": test["treeSize"], "hash": test["leafHash"] or "", "root": test["root"] or "",
         "hashes": test["proof"] or []}
        for test in tests
    ]  # fmt: skip
    said = javascript("proofs", given)
    assert [test["file"] for test, holds in zip(tests, said, strict=True) if holds == test["wantErr"]] == []


def _text(raw: str) -> str:
    return jws.encode(bytes.fromhex(raw)).decode()


@pytest.mark.parametrize("text", ["NaN", "-NaN", "Infinity"])
def test_what_is_no_number_is_refused(text):
    assert written(text) is None
