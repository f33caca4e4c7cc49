"""One message, read strictly: what readers could take for two different things is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some
from placet.gate import messages
from placet.gate.messages import Malformed

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("raw", "sort"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"ping"}', "request"),
        (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', "request"),
        (b'{"jsonrpc":"2.0","method":"notifications/initialized"}', "notification"),
        (b'{"jsonrpc":"2.0","id":"x","result":{}}', "response"),
        (b'{"jsonrpc":"2.0","id":"x","error":{"code":1,"message":"m"}}', "response"),
        (b'{"jsonrpc":"2.0","id":1,"\\u006dethod":"elicitation/create"}', "request"),
        (b' {"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"x","vendor":{"a":[1e400]}} \r', "request"),
    ],
)
def test_messages_are_known_by_what_they_say(raw, sort):
    assert messages.read(raw).sort == sort
    assert messages.read(raw).raw is raw


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ('{"jsonrpc":"2.0"}'.encode("utf-16"), "not JSON"),
        (b"7", "object"),
        (b'[{"jsonrpc":"2.0","id":1,"method":"x"}]', "batches"),
        (b'{"id":1,"method":"ping","method":"elicitation/create"}', "twice"),
        (b'{"id":1,"method":"ping","\\u006dethod":"elicitation/create"}', "twice"),
        (b'{"id":1,"result":{"resultType":"complete","resultType":"input_required"}}', "twice"),
        (b'{"id":1,"result":{},"method":"elicitation/create"}', "call and an answer"),
        (b'{"id":1,"result":{},"error":{}}', "neither"),
        (b'{"result":{}}', "neither"),
        (b'{"id":1,"method":7}', "no text"),
        (b'{"id":1,"result":{},"Method":"elicitation/create"}', "case only"),
        ('{"id":1,"re\u017fult":{},"method":"x"}'.encode(), "case only"),
        (b'{"id":1,\r"method":"x"}', "carriage return"),
        (b'{"id":NaN,"method":"x"}', "NaN"),
        (b'{"id":1,"method":"x","params":' + b"[" * 200_000, "not JSON|too deep"),
        (b'{"id":1,"method":"x","params":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too deep|not JSON"),
        (b'{"id":1,"method":"x","params":' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(raw, why):
    with pytest.raises(Malformed, match=why):
        messages.read(raw)


def test_one_id_is_one_id_and_true_is_not_one():
    assert messages.key(1) == messages.key(1.0)
    assert len({messages.key(one) for one in (1, "1", True, None, [1], {"a": 1})}) == 6


@given(JSON, JSON)
def test_an_exchange_touches_nothing_else(kept, new):
    raw = json.dumps({"jsonrpc": "2.0", "id": 1, "params": {"kept": kept, "old": 1}, "more": kept}, indent=1).encode()
    after = messages.replaced(raw, {("params", "old"): messages.encoded(new), ("params", "added", "deep"): b"[1.50]"})
    value = json.loads(after)
    assert value["params"] == {"kept": kept, "old": new, "added": {"deep": [1.5]}}
    assert messages.member(after, "params", "kept") == messages.member(raw, "params", "kept")
    assert messages.member(after, "params", "added", "deep") == b"[1.50]"
    assert json.loads(messages.replaced(raw, {("params",): None})).keys() == {"jsonrpc", "id", "more"}
