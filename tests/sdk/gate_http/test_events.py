"""A stream of events passes as the bytes it came in, however it was cut on the way."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from placet.gate.http.events import AmbiguousEvent, EventTooLarge, Frames, comment, event

PLAIN = b'event: message\nid: 7\ndata: {"a":1}\n\n'


def frames(*chunks: bytes, limit: int = 1000) -> list:
    reader = Frames(limit=limit)
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_the_standard_ends_a_line(end):
    raw = end.join([b"event: message", b"id: 7", b"data: one", b"data:two", b"", b""])
    (frame,) = frames(raw)
    assert (frame.raw, frame.data, frame.id, frame.event) == (raw, b"one\ntwo", b"7", b"message")


def test_comments_and_retry_pass_as_frames_without_data():
    found = frames(b": ping\n\nretry: 3000\n\nid: 1\ndata: \n\n")
    assert [frame.data for frame in found] == [None, None, b""]
    assert [frame.raw for frame in found] == [b": ping\n\n", b"retry: 3000\n\n", b"id: 1\ndata: \n\n"]


def test_a_mark_at_the_beginning_hides_no_data():
    assert frames(b"\xef\xbb\xbfdata: x\n\n")[0].data == b"x"


def test_an_event_without_its_blank_line_never_happened():
    assert frames(PLAIN, b"data: half") == frames(PLAIN)


@given(
    st.lists(st.sampled_from([PLAIN, b": c\r\n\r\n", b"data: a\r\rdata: b\n\r\n", b"id\ndata\n\n", b"\n"]), max_size=6),
    st.lists(st.integers(0, 120), max_size=8),
)
def test_wherever_a_stream_is_cut_the_same_data_is_seen_and_no_byte_changes(parts, cuts):
    whole = b"".join(parts)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[a:b] for a, b in itertools.pairwise(places)]
    found = frames(*pieces)
    assert whole.startswith(b"".join(frame.raw for frame in found))
    assert [f.data for f in found if f.data is not None] == [f.data for f in frames(whole) if f.data is not None]


def test_an_event_over_the_limit_is_refused_before_it_is_complete():
    with pytest.raises(EventTooLarge):
        frames(b"data: " + b"x" * 101, limit=100)
    with pytest.raises(EventTooLarge):
        frames(b"data: " + b"x" * 101 + b"\n\n", limit=100)


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x1e"])
def test_an_event_that_other_readers_would_take_for_two_is_refused(mark):
    hidden = f'data: {{"a":"{mark}{mark}data: {{}}{mark}{mark}"}}\n\n'
    with pytest.raises(AmbiguousEvent):
        frames(hidden.encode())


def test_such_a_mark_inside_a_text_is_nobodys_business():
    assert frames('data: "one\u2028two"\n\n'.encode())[0].data == '"one\u2028two"'.encode()


def test_an_event_of_ours_reads_back_as_its_data():
    assert frames(event(b'{"a":\n1}', id=b"4"))[0].data == b'{"a":\n1}'
    assert frames(comment("waiting\n\ndata: x"))[0].data is None


def test_released_data_keeps_the_name_and_the_id_of_its_frame():
    (frame,) = frames(PLAIN)
    (again,) = frames(frame.carrying(b"{}"))
    assert (again.id, again.event, again.data) == (b"7", b"message", b"{}")
