"""The same ask as plain text: nothing hidden, nothing alike, nothing that a terminal would obey."""

import unicodedata

import pytest
from hypothesis import given, settings
from placet import canonical

from approvals.rules.rendering import writing

from .test_rendering import TEXTS
from .test_seen_whole import IMITATED, JSON


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_what_is_written_can_be_read_back(value):
    assert canonical.canonical(writing.read(writing.write(value))) == canonical.canonical(value)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_a_text_is_one_line_and_no_terminal_obeys_it(text):
    shown = writing.line(text)
    assert writing.reread(shown) == text
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cn", "Co", "Zl", "Zp") for c in shown)


@pytest.mark.parametrize("text", [*IMITATED, "⟨U+202E⟩", "⟨empty⟩", "⟩⟨", "rtl", "Cyrillic: раура", "string  a\n    b"])
def test_chips_of_ours_cannot_be_imitated(text):
    assert writing.read(writing.write({"a": text, "b": [text]})) == {"a": text, "b": [text]}


def test_hidden_text_is_named_and_the_brackets_are_ours():
    assert writing.line("a\u202eb\x1b[2J⟨x⟩") == (
        "a⟨U+202E RIGHT-TO-LEFT OVERRIDE⟩b⟨U+001B ESCAPE⟩[2J⟨U+27E8⟩x⟨U+27E9⟩"
    )
    assert writing.line("12 שלום 34") == "12 ⟨rtl שלום rtl⟩ 34"


def test_a_value_stands_below_its_name():
    assert writing.write({"note": "one\ntwo", "n": 1, "e": "", "l": []}) == (
        "string  note\n    one⟨↵⟩\n    two\ninteger  n\n    1\nstring  e\n    ⟨empty⟩\nlist  l\n    []"
    )
