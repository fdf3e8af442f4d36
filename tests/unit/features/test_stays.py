"""Stays from admissions, discharges and settlements, each of which may be sent again, late, corrected or reversed."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.features.aggregates import AGGREGATES
from streams.state.rows import WindowRow, decode_window, encode_row
from tests.unit.features.oracle import DAY, spec

ARITHMETIC = AGGREGATES["stays"](spec("stays", span=365 * DAY, limit=50, fields=("place",)))
times = st.integers(100, 130)
messages = st.tuples(st.sampled_from("adss"), st.integers(0, 3), times, st.integers(0, 12), st.booleans())


def told(kind: str, stay: int, begin: int, length: int, known: bool) -> tuple[int, tuple[Any, ...], str]:  # noqa: FBT001
    """Time, value and settlement of a message: an admission knows no end, a settlement may not know the begin."""
    end = begin + length
    first = None if kind == "s" and not known else begin * DAY
    value = (kind, f"M{stay}", first, None if kind == "a" else end * DAY, f"H{stay}")
    return (begin if kind == "a" else end) * DAY, value, f"S{stay}-{begin}-{length}" if kind == "s" else ""


def expected(live: list[tuple[int, tuple[Any, ...], str]]) -> list[tuple[Any, ...]]:
    """Each stay by looking at all that is said of it."""
    found = []
    for key in {value[1] for _, value, _ in live}:
        begins = [value[2] for _, value, _ in live if value[1] == key and value[2] is not None]
        ends = [value[3] for _, value, _ in live if value[1] == key and value[3] is not None]
        if begins:
            found.append((key, min(begins), max(ends, default=None), "H" + key[1:]))
    return sorted(found, key=lambda stay: (stay[1], stay[0]))


@given(history=st.lists(messages, max_size=25), data=st.data())
def test_stays_are_what_is_said_of_them(history: list[Any], data: st.DataObject) -> None:
    """In any order, with repeats and reversed settlements, each stay has its earliest begin and its latest end."""
    state: Any = None
    live: dict[Any, tuple[int, tuple[Any, ...], str]] = {}
    for number, message in enumerate(history):
        time, value, setl_id = told(*message)
        state = ARITHMETIC.fold(state, time, value, setl_id)
        live[time, value, setl_id] = (time, value, setl_id)
        if data.draw(st.booleans()):
            state = ARITHMETIC.fold(state, time, value, setl_id)
        reversible = [key for key in live if key[2]]
        if reversible and data.draw(st.integers(0, 3)) == 0:
            gone = data.draw(st.sampled_from(reversible))
            ARITHMETIC.retract(state, *gone)
            live = {key: kept for key, kept in live.items() if key[2] != gone[2]}
        if number % 2:
            state = decode_window(encode_row(WindowRow({}, 0, {"f": state}))).features["f"]
        view = ARITHMETIC.view(state, 140 * DAY, None, "")
        assert expected(list(live.values())) == [tuple(entry) for entry in view.entries]
        assert sum(stay[2] is None for stay in view.entries) == view.open


def test_an_admission_that_is_sent_again_opens_nothing() -> None:
    """After the discharge, the same admission again leaves the stay ended."""
    state: Any = None
    for message in [("a", 1, 100, 0, True), ("d", 1, 100, 7, True), ("a", 1, 100, 0, True)]:
        state = ARITHMETIC.fold(state, *told(*message))
    assert ARITHMETIC.view(state, 120 * DAY, None, "").open == 0


def test_a_stay_that_nobody_ended_is_not_believed_for_ever() -> None:
    """What began a window ago counts as open no more; after another window it is forgotten."""
    arithmetic = AGGREGATES["stays"](spec("stays", span=10 * DAY, limit=50))
    state = arithmetic.fold(None, 100 * DAY, ("a", "M1", 100 * DAY, None), "")
    assert [arithmetic.view(state, day * DAY, None, "").open for day in (105, 111)] == [1, 0]
    state = arithmetic.fold(state, 111 * DAY, ("a", "M2", 111 * DAY, None), "")
    assert [entry[0] for entry in arithmetic.view(state, 111 * DAY, None, "").entries] == ["M2"]


def test_stays_are_limited() -> None:
    """More stays than the limit push out those that ended, or began, first."""
    arithmetic = AGGREGATES["stays"](spec("stays", span=365 * DAY, limit=3))
    state: Any = None
    for number in range(10):
        state = arithmetic.fold(state, number * DAY, ("a", f"M{number}", number * DAY, None), "")
    assert [entry[0] for entry in arithmetic.view(state, 10 * DAY, None, "").entries] == ["M7", "M8", "M9"]


def test_settlements_behind_stays_are_named() -> None:
    """The other settlements that told of stays are the evidence."""
    state: Any = None
    for message in [("a", 1, 100, 0, True), ("s", 1, 100, 7, True), ("s", 2, 110, 3, True)]:
        state = ARITHMETIC.fold(state, *told(*message))
    assert ARITHMETIC.view(state, 120 * DAY, None, "S2-110-3").settlements == ["S1-100-7"]
