"""Events come out of the parser as the HTML standard says, wherever chunks are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcpgen.runtime.client.transports.http.sse import Event, SseParser


def parse(data: bytes, *cuts: int) -> list[Event]:
    parser = SseParser(1_000_000)
    events: list[Event] = []
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    for start, end in pairwise(places):
        events += parser.feed(data[start:end])
    return events


@pytest.mark.parametrize(
    "data, events",
    [
        (b"data: a\n\n", [("message", b"a", "")]),
        (b"data:a\n\n", [("message", b"a", "")]),
        (b"data:  a\n\n", [("message", b" a", "")]),
        (b"data: a\ndata: b\n\n", [("message", b"a\nb", "")]),
        (b"data\n\n", [("message", b"", "")]),
        (b"data\ndata\n\n", [("message", b"\n", "")]),
        (b"event: x\ndata: a\n\ndata: b\n\n", [("x", b"a", ""), ("message", b"b", "")]),
        (b"id: 7\ndata: a\n\ndata: b\n\n", [("message", b"a", "7"), ("message", b"b", "7")]),
        (b"id: 7\nid\ndata: a\n\n", [("message", b"a", "")]),
        (b"id: 7\nid: a\x00b\ndata: a\n\n", [("message", b"a", "7")]),
        (b": comment\n\ndata: a\n\n", [("message", b"a", "")]),
        (b"event: x\n\ndata: a\n\n", [("message", b"a", "")]),
        (b"unknown: x\ndata: a\n\n", [("message", b"a", "")]),
        (b"data: a\r\rdata: b\r\n\r\ndata: c\n\n", [("message", b, "") for b in (b"a", b"b", b"c")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", b"a", "")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b"data: half an event\n", []),
        (b"data: half a line", []),
        (b"", []),
    ],
)  # fmt: skip
def test_events(data: bytes, events: list[tuple[str, bytes, str]]) -> None:
    assert parse(data) == events
    for cut in range(len(data)):
        assert parse(data, cut) == events, cut
    assert parse(data, *range(len(data))) == events


@given(
    st.lists(st.tuples(st.text(max_size=20), st.sampled_from(["\n", "\r", "\r\n"]))),
    st.lists(st.integers(0, 200), max_size=10),
)
def test_chunks_make_no_difference(
    lines: list[tuple[str, str]], cuts: list[int]
) -> None:
    text = "".join(f"data: {line}{end}{end}" for line, end in lines)
    data = text.encode("utf-8", "surrogatepass")
    assert parse(data, *cuts) == parse(data)


def test_the_last_event_id_and_retry_are_kept_without_an_event() -> None:
    parser = SseParser(100)
    assert parser.feed(b"id: 5\nretry: 300\n\nretry: soon\n\n") == []
    assert (parser.last_event_id, parser.retry) == ("5", 300)


def test_an_event_ends_at_once_after_a_carriage_return() -> None:
    parser = SseParser(100)
    assert parser.feed(b"data: a\r\r") == [("message", b"a", "")]
    assert parser.feed(b"\ndata: b\n\n") == [("message", b"b", "")]


@pytest.mark.parametrize(
    "chunk", [b"data: " + b"x" * 100, b"data: " + b"x" * 100 + b"\n"]
)
def test_an_endless_event_is_refused(chunk: bytes) -> None:
    parser = SseParser(1000)
    for _ in range(9):
        parser.feed(chunk)
    with pytest.raises(ValueError, match="greater than 1000 bytes"):
        parser.feed(chunk)


def test_many_small_events_are_no_great_one() -> None:
    parser = SseParser(100)
    for _ in range(100):
        assert len(parser.feed(b"data: 1234567890\n\n")) == 1
