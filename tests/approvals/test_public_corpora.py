"""Public lists of texts that break programs break nothing here: all is seen, all reads back."""

import unicodedata

import pytest

from approvals.rules.rendering import alarms, render, unrender, writing
from tests import corpora

from . import seeing
from .test_seen_whole import drawn, same

TEXTS = [*corpora.naughty(), *corpora.trojan().values()]
HIDDEN = {"Cc", "Cf", "Cn", "Co", "Zl", "Zp"}


def test_every_text_reads_back_and_hides_nothing():
    assert len(TEXTS) > 500
    for text in TEXTS:
        pieces = render(text)
        assert unrender(pieces) == text
        shown = "".join(piece.shown for piece in pieces)
        assert not any(unicodedata.category(c) in HIDDEN for c in shown), text
        assert writing.reread(writing.line(text)) == text


def test_no_two_of_them_look_alike():
    assert len({render(text) for text in TEXTS}) == len(set(TEXTS))


@pytest.mark.parametrize("kind", ["tool_call", "sampling_result"])
def test_all_of_them_together_read_back_from_a_page(kind):
    params = {"name": "t", "arguments": {"naughty": TEXTS}}
    if kind == "sampling_result":
        params = {"role": "assistant", "content": [{"type": "text", "text": text} for text in TEXTS[:400]]}
    body = {"method": "tools/call", "params": params}
    assert same(seeing.unrender(drawn(kind, body)), body)


@pytest.mark.parametrize("name", sorted(corpora.trojan()))
def test_what_hides_in_source_text_is_in_red(name):
    assert alarms(render(corpora.trojan()[name])) > 0
