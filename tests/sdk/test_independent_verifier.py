"""The verifier in JavaScript, written from the specification, says of everything what the Python one says."""

import base64
import json

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from placet.canonical import NotCanonical, canonical, parse

from . import judge
from .script import javascript


def test_both_verifiers_agree_on_every_vector():
    vectors = [vector for _, vector in judge.VECTORS]
    said = javascript("vectors", vectors)
    wrong = [
        (file, vector["name"], other)
        for (file, vector), other in zip(judge.VECTORS, said, strict=True)
        if other != vector["outcome"]
    ]
    assert wrong == []


def python(raw: bytes) -> dict[str, str]:
    try:
        return {"canonical": canonical(parse(raw)).decode()}
    except NotCanonical as error:
        return {"refused": error.code}


def javascripts(texts: list[bytes]) -> list[dict[str, str]]:
    return javascript("texts", [base64.b64encode(text).decode() for text in texts])


ODD = [
    b'', b' ', b'nul', b'null ', b'[1,]', b'[,1]', b'{}x', b'01', b'-0', b'-0.0', b'1.', b'.5', b'1e5', b'1E+400',
    b'1e-400', b'9007199254740991', b'9007199254740992', b'-9007199254740992', b'9007199254740993.0', b'1e16',
    b'1e21', b'1e20', b'NaN', b'Infinity', b'-Infinity', b'+1', b'0x10', b"'a'", b'"\t"', b'"\t"', b'"\\x41"',
    b'"\\u00e9\\/"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\ufdd0"', b'"\xef\xbf\xbe"',
    b'"\xf0\x9f\xbf\xbe"', b'\xef\xbb\xbf{}', b'"\xff"', b'"\xed\xa0\x80"', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}',
    b'{"__proto__":1,"constructor":2}', b'{"\xef\xac\xb3":1,"\xf0\x9f\x98\x80":2,"a":3}', b"[" * 64 + b"]" * 64,
    b"[" * 65 + b"]" * 65, b'{"a":[1,2,{"b":null}],"A":true}', b'\xc2\xa01', b'[1\n,\r\t2 ]', b'[1\x0b]', b'"\x7f"',
    b'"\xe2\x80\xa8"', b'5e-324', b'0.1', b'1e-7', b'123456789.123456789', b'true false', b'{"a" 1}', b'{1:2}',
    b'{"a":}', b'4.50',
]  # fmt: skip


def test_both_read_odd_texts_alike():
    assert dict(zip(ODD, javascripts(ODD), strict=True)) == {text: python(text) for text in ODD}


few = settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(st.lists(VALUES, min_size=100, max_size=100))
def test_both_write_arbitrary_values_alike(values):
    texts = [
        json.dumps(value, ensure_ascii=index % 2 == 0).encode("utf-8", "surrogatepass")
        for index, value in enumerate(values)
    ]
    assert javascripts(texts) == [python(text) for text in texts]


@settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(st.lists(st.tuples(st.sampled_from(ODD), st.binary(max_size=3), st.integers(0, 30)), min_size=100, max_size=100))
def test_both_read_broken_texts_alike(cases):
    """Of several flaws in one text each names one of them, so only whether it is read is compared, and as what."""
    texts = [text[:at] + more + text[at:] for text, more, at in cases]
    said = [
        (other.get("canonical"), python(text).get("canonical"))
        for text, other in zip(texts, javascripts(texts), strict=True)
    ]
    assert [pair for pair in said if pair[0] != pair[1]] == []
