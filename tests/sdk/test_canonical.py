"""Bytes that have only one form, and values that have none."""

import json
import tracemalloc

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st
from placet.canonical import NotCanonical, canonical, digest, parse, preimage
from placet.canonical import writing as room

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-room.MAX_INTEGER, room.MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5))


@given(VALUES)
@example({"\ue000": 1, "\U0001f600": 2})
@example([1e16, 1e-4, 9.999e-5, 0.1, -0.0, 1e21, 5e-324, 1.5, 4.0, 123456789012345.6])
@example({'\x00\x1f\x7f\u2028"\\/': "\b\f\n\r\t"})
def test_the_fast_writer_writes_what_rfc_8785_says(value):
    fast = room._fast(value)
    assert fast is None or fast == rfc8785.dumps(value)


@given(VALUES)
def test_what_is_written_reads_back_and_is_written_the_same(value):
    try:
        once = canonical(value)
    except NotCanonical as refused:
        assert refused.code == "integer_range"
        return
    assert canonical(parse(once, max_bytes=10**6)) == once


@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_admitted_has_a_canonical_form(raw):
    try:
        value = parse(raw)
    except NotCanonical:
        return
    assert parse(canonical(value)) == value


def test_most_asks_take_the_fast_way():
    ask = {"name": "refund", "arguments": {"order": "A1", "amount": 42.5, "note": "返金", "lines": [1, None, True]}}
    assert room._fast(ask) == rfc8785.dumps(ask)


REFUSED = [
    (b"", "not_json", ""),
    (b"\xff", "not_utf8", ""),
    (b"\xef\xbb\xbf{}", "not_json", ""),
    (b"{} {}", "not_json", ""),
    (b"{'a':1}", "not_json", ""),
    (b'["\n"]', "not_json", ""),
    (b'{"a":1,"a":1}', "duplicate_key", "/a"),
    (b'{"x":[{"a/b":1,"~":{"k":1,"k":2}}]}', "duplicate_key", "/x/0/~0/k"),
    (b'{"a":1,"\\u0061":2}', "duplicate_key", "/a"),
    (b"[NaN]", "not_finite", "/0"),
    (b'{"a":-Infinity}', "not_finite", "/a"),
    (b'{"a":[1,1e400]}', "not_finite", "/a/1"),
    (b'{"a":9007199254740992}', "integer_range", "/a"),
    (b'{"a":-9007199254740993}', "integer_range", "/a"),
    (b'{"a":1e17}', "integer_range", "/a"),
    (b"[" + b"9" * 5000 + b"]", "integer_range", "/0"),
    (b'{"a":"\\ud800"}', "lone_surrogate", "/a"),
    (b'{"a":{"\\udfff":1}}', "lone_surrogate", "/a"),
    (b'{"a":"\\uffff"}', "noncharacter", "/a"),
    ('["\ufdd0"]'.encode(), "noncharacter", "/0"),
    (b"[" * 65 + b"]" * 65, "too_deep", ""),
    (b"[" * 200_000, "too_deep", ""),
    (b" " * 262_143 + b"{}", "too_large", ""),
]


@pytest.mark.parametrize(("raw", "code", "pointer"), REFUSED, ids=lambda case: str(case)[:24])
def test_what_is_not_strict_json_is_refused_by_name_and_place(raw, code, pointer):
    with pytest.raises(NotCanonical) as refused:
        parse(raw)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 64 + b"]" * 64,
        b" " * 262_142 + b"{}",
        b'["\\ud83d\\ude00"]',
        b"[9007199254740991,-9007199254740991,1e21,-0]",
    ],
    ids=["depth 64", "256 KiB", "a surrogate pair", "numbers at the edge"],
)
def test_what_is_just_within_the_bounds_is_admitted(raw):
    assert parse(canonical(parse(raw))) == parse(raw)


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        ({1: 2}, "bad_type", ""),
        ({"a": {1: 2}}, "bad_type", "/a"),
        ({"a": [float("nan")]}, "not_finite", "/a/0"),
        ({"a": 2**53}, "integer_range", "/a"),
        ({"a": 1e17}, "integer_range", "/a"),
        ({"a": "\ud800"}, "lone_surrogate", "/a"),
        ({"a": {"\ud800": 1}}, "lone_surrogate", "/a"),
        ({"a": b"bytes"}, "bad_type", "/a"),
        ({"a": {1, 2}}, "bad_type", "/a"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value, code, pointer):
    with pytest.raises(NotCanonical) as refused:
        canonical(value)
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


def test_two_kinds_never_share_a_digest():
    assert preimage("tool_call", {"a": 1}) == b'{"@type":"placet.tool_call.v1","value":{"a":1}}'
    assert digest("tool_call", {"a": 1}) != digest("sampling", {"a": 1})


def test_a_value_that_contains_itself_is_refused():
    value: list = []
    value.append(value)
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_long_name_over_many_values_does_not_fill_the_memory():
    raw = b'{"%s":[%s],"x":"\\ud83d\\ude00"}' % (b"K" * 30_000, b",".join([b"0"] * 15_000))
    tracemalloc.start()
    value = parse(raw)
    canonical(value)
    with pytest.raises(NotCanonical):
        parse(raw.replace(b'"x"', b'"y":NaN,"x"'))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000  # with a pointer a value it would be 450 MB
