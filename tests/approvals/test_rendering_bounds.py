"""However hostile an ask is, its page has a bounded size, and still loses nothing."""

import json
import tracemalloc

from approvals.rules.rendering import render
from approvals.rules.rendering.layouts import lay_out
from approvals.rules.rendering.values import DRAWN, EVERYTHING, LAID_OUT, Sheet, flatten


def _form(properties):
    schema = {"type": "object", "properties": properties}
    return {"method": "elicitation/create", "params": {"message": "m", "requestedSchema": schema}}


def test_a_form_of_ten_thousand_questions_has_a_page_and_must_be_opened():
    body = _form({f"f{n}": {"type": "string"} for n in range(10_000)})
    layout = lay_out("elicitation_form", body)
    assert len(layout.fields) == LAID_OUT and layout.rest.total == 10_000 - LAID_OUT + 1 and layout.rest.waits
    opened = lay_out("elicitation_form", body, opened=frozenset({layout.rest.key}))
    assert "params/requestedSchema/properties/f9999/type" in json.loads(opened.rest.escaped)


def test_a_conversation_of_thousands_of_turns_loses_none():
    turn = {"role": "user", "content": [{"type": "text", "text": "a"}] * 3}
    body = {"method": "sampling/createMessage", "params": {"messages": [turn] * 2_000, "maxTokens": 5}}
    layout = lay_out("sampling", body, opened=frozenset({EVERYTHING}))
    assert len(layout.turns) == LAID_OUT and sum(len(t.blocks) for t in layout.turns) == 0
    shown = sum(1 for _ in layout.sheet.values) + sum(t.total for t in layout.sheet.tables if t.escaped)
    assert shown == sum(1 for _ in flatten(body))


def test_all_values_of_a_page_together_are_drawn_in_so_many_pieces():
    sheet = Sheet({str(n): "a\u0301\u200b" * 60 for n in range(1_000)}, frozenset({EVERYTHING}))
    table = sheet.rows()
    assert sum(len(v.pieces) for v in sheet.values) <= DRAWN
    assert all(row.value.pieces or json.loads(row.value.escaped) for row in table.rows)


def test_a_long_name_over_many_values_is_not_repeated_for_each():
    value = {"K" * 40_000: [0] * 20_000}
    tracemalloc.start()
    sheet = Sheet(value, frozenset({EVERYTHING}))
    table = sheet.rows()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table.total == 20_000 and json.loads(table.escaped) == value
    assert peak < 60_000_000  # with a pointer a value it would be 800 MB


def test_a_long_text_of_short_words_is_one_piece():
    text = "x " * 60_000 + "y"
    assert [piece.shown for piece in render(text + "é")] == [text + "é"]
