"""Incremental windows against brute force over the whole history."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.features.aggregates import AGGREGATES
from streams.features.logs import CANCELS
from streams.state.rows import WindowRow, decode_window, encode_row
from tests.unit.features.oracle import DAY, SECOND, START, Brute, observed, shown, spec

BUCKETED = ["count", "sum", "share", "distinct", "histogram"]
WINDOWS = [
    ({"span": 60 * SECOND, "resolution": SECOND}, SECOND),
    ({"span": 60 * SECOND, "resolution": 7 * SECOND}, SECOND),
    ({"span": 60 * SECOND, "resolution": 20 * SECOND, "late": 600 * SECOND}, 7 * SECOND),
    ({"days": 1, "span": 0, "resolution": 0}, DAY // 60),
    ({"days": 3, "span": 0, "resolution": 0}, DAY // 40),
    ({"days": 1, "span": 0, "resolution": 0, "late": 30 * DAY}, DAY // 2),
]

# Steps: an observation a little earlier or later than the one before, or the taking out of an earlier one.
steps = st.lists(st.tuples(st.integers(-40, 90), st.integers(0, 4), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize("aggregate", BUCKETED)
@given(history=steps)
def test_incremental_equals_brute_force(aggregate: str, history: list[tuple[int, int, bool]]) -> None:
    """Any order of observations and retractions within the retained time gives what looking at all of them gives.

    In every kind of window: a history takes longer to draw than to live through six times.
    """
    for window, unit in WINDOWS:
        compare(aggregate, window, unit, history)


def compare(aggregate: str, window: dict[str, int], unit: int, history: list[tuple[int, int, bool]]) -> None:
    """Live through a history whose steps are so long, and compare after each of them."""
    feature = spec(aggregate, **window)
    arithmetic = AGGREGATES[aggregate](feature)
    brute = Brute(feature)
    state: Any = None
    newest = START
    for number, (move, value, retract) in enumerate(history):
        if retract and brute.kept:
            time, old, setl_id = brute.kept.pop(value % len(brute.kept))
            arithmetic.retract(state, time, observed(aggregate, old), setl_id)
        else:
            # Behind the newest by less than what is promised to be kept.
            time = newest + move * unit
            newest = max(newest, time)
            state = arithmetic.fold(state, time, observed(aggregate, value), f"S{number}")
            brute.add(time, value, f"S{number}")
        expected = brute.expected(newest, value)
        assert expected == shown(arithmetic.view(state, newest, value, "other"), expected), window
        if number % 3 == 0 and state is not None:
            state = decode_window(encode_row(WindowRow({}, 0, {"f": state}))).features["f"]


@given(history=steps, data=st.data())
def test_order_does_not_matter(history: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    """The same observations in another order give the same views."""
    observations = [(START + move * SECOND, value, f"S{n}") for n, (move, value, _) in enumerate(history)]
    shuffled = data.draw(st.permutations(observations))
    for aggregate in BUCKETED:
        feature = spec(aggregate, span=600 * SECOND, resolution=SECOND)
        arithmetic = AGGREGATES[aggregate](feature)
        views = []
        for ordered in (observations, shuffled):
            state: Any = None
            for time, value, setl_id in ordered:
                state = arithmetic.fold(state, time, observed(aggregate, value), setl_id)
            names = Brute(feature).expected(0, 0)
            views.append(shown(arithmetic.view(state, START + 90 * SECOND, 1, "other"), names))
        assert views[0] == views[1], aggregate


@given(history=steps)
def test_a_row_survives_the_changelog(history: list[tuple[int, int, bool]]) -> None:
    """A row that was written and read again goes on exactly as the one that stayed in memory."""
    names = [*BUCKETED, "log"]
    arithmetic = {name: AGGREGATES[name](spec(name, fields=("v",), limit=8)) for name in names}
    kept: dict[str, Any] = {}
    read: dict[str, Any] = {}
    for number, (move, value, retract) in enumerate(history):
        time = START + number * 10 * SECOND + move * SECOND
        for name, one in arithmetic.items():
            seen = (value,) if name == "log" else observed(name, value)
            for states in (kept, read):
                folded = one.fold(states.get(name), time, seen, f"S{number}")
                if folded is None:  # too late for this window
                    continue
                states[name] = folded
                if retract:
                    one.retract(folded, time, seen, f"S{number}")
        read = decode_window(encode_row(WindowRow({0: number}, time, read))).features
    assert encode_row(WindowRow({}, 0, kept)) == encode_row(WindowRow({}, 0, read))


def test_state_is_bounded() -> None:
    """A year of observations leaves no more buckets, entries or evidence than the declaration allows."""
    for name in BUCKETED:
        arithmetic = AGGREGATES[name](spec(name, evidence=5))
        state = None
        for second in range(0, 366 * 86_400, 3_600):
            state = arithmetic.fold(state, second * SECOND, observed(name, second), "S")
        assert len(state[0]) <= 122
        assert len(state[1]) <= 5
    log = AGGREGATES["log"](spec("log", limit=4, span=10 * DAY))
    state = None
    for day in range(100):
        state = log.fold(state, day * DAY, (day,), f"S{day}")
    assert [entry[0] for entry in state] == [96 * DAY, 97 * DAY, 98 * DAY, 99 * DAY]


def test_what_is_too_late_is_passed_over() -> None:
    """An observation behind the window and the time that is waited is counted as late and changes nothing."""
    arithmetic = AGGREGATES["count"](spec("count", days=1, span=0, resolution=0, late=2 * DAY))
    state = arithmetic.fold(None, 10 * DAY, None, "S1")
    assert arithmetic.fold(state, 7 * DAY, None, "S2") is None
    assert state[0] == {10: 1}
    assert [arithmetic.fold(state, day * DAY, None, "S2") is state for day in (8, 9)] == [True, True]


def test_since_is_what_was_first_seen_and_stays() -> None:
    """History counts from the first observation ever, though it was taken out again or left the window."""
    arithmetic = AGGREGATES["count"](spec("count", days=2, span=0, resolution=0))
    nothing = arithmetic.view(None, 5 * DAY, None, "S")
    assert (nothing.since, nothing.history) == (None, 0)
    state = arithmetic.fold(None, 3 * DAY, None, "S1")
    arithmetic.retract(state, 3 * DAY, None, "S1")
    state = arithmetic.fold(state, 40 * DAY, None, "S2")
    view = arithmetic.view(state, 40 * DAY, None, "S2")
    assert (view.since, view.history, view.count) == (3 * DAY, 37, 1)


def test_evidence_names_other_settlements_of_the_window() -> None:
    """A view names the settlements that made it, oldest first, without the event's own and without older windows."""
    arithmetic = AGGREGATES["distinct"](spec("distinct", days=1, span=0, resolution=0, evidence=3))
    state = None
    for number, time in enumerate([0, DAY, DAY + 1, DAY + 2, DAY + 3]):
        state = arithmetic.fold(state, time, number, f"S{number}")
    assert arithmetic.view(state, DAY + 3, 4, "S4").settlements == ["S2", "S3"]


def test_a_share_remembers_what_hit() -> None:
    """The settlements behind a share are those with the property."""
    arithmetic = AGGREGATES["share"](spec("share", days=1, span=0, resolution=0))
    state = None
    for number, value in enumerate([[1, 3], [0, 2], [1, 1]]):
        state = arithmetic.fold(state, number, value, f"S{number}")
    view = arithmetic.view(state, 3, None, "S9")
    assert (view.hits, view.total, view.share, view.settlements) == (2, 6, 2 / 6, ["S0", "S2"])
    assert arithmetic.view(None, 3, None, "S9").share is None


def test_histogram_evidence_has_the_same_value() -> None:
    """The settlements behind a histogram are those with the event's own value."""
    arithmetic = AGGREGATES["histogram"](spec("histogram", days=1, span=0, resolution=0))
    state = None
    for number, amount in enumerate([500, 700, 500, 500]):
        state = arithmetic.fold(state, number, amount, f"S{number}")
    assert arithmetic.view(state, 3, 500, "S3").settlements == ["S0", "S2"]


def test_distinct_values_are_limited() -> None:
    """Beyond the declared number of different values no new one is told apart, and the total stays right."""
    arithmetic = AGGREGATES["histogram"](spec("histogram", limit=2))
    state = None
    for value in range(5):
        state = arithmetic.fold(state, 0, value, "S")
    view = arithmetic.view(state, 0, 0, "other")
    assert (view.same, view.total, view.distinct) == (1, 5, 2)


def test_means_are_whole_units() -> None:
    """The mean of amounts is rounded to fen, halves away from zero; of nothing it is unknown."""
    arithmetic = AGGREGATES["sum"](spec("sum"))
    state = arithmetic.fold(arithmetic.fold(None, 0, 100, "S1"), 0, 101, "S2")
    assert arithmetic.view(state, 0, None, "S").mean == 101
    assert arithmetic.view(None, 0, None, "S").mean is None


@given(days=st.lists(st.integers(0, 60), max_size=25), gap=st.integers(1, 8), today=st.integers(0, 60))
def test_an_episode_has_no_gap(days: list[int], gap: int, today: int) -> None:
    """An episode reaches back from today over days of which no two neighbours are further apart than the gap."""
    arithmetic = AGGREGATES["sum"](spec("sum", days=60, span=0, resolution=0, late=60 * DAY))
    state: Any = None
    for number, day in enumerate(days):
        state = arithmetic.fold(state, day * DAY, 1, f"S{number}")
    expected: list[int] = []
    last = today
    for day in range(today, today - 60, -1):
        if day in days and last - day <= gap:
            expected.insert(0, day)
            last = day
    assert arithmetic.view(state, today * DAY, None, "S").episode(gap) == expected


def test_days_that_were_refunded_are_no_days_of_an_episode() -> None:
    """A day whose charges were taken back on the same day is not a day charged."""
    arithmetic = AGGREGATES["sum"](spec("sum", days=60, span=0, resolution=0))
    state = arithmetic.fold(arithmetic.fold(None, DAY, 1, "S1"), DAY, -1, "S2")
    state = arithmetic.fold(state, 2 * DAY, 1, "S3")
    assert arithmetic.view(state, 2 * DAY, None, "S3").episode(30) == [2]


def test_log_shows_others_within_the_window() -> None:
    """A log shows the entries of other settlements within the window before or after, and forgets what is taken out."""
    arithmetic = AGGREGATES["log"](spec("log", span=10 * SECOND, fields=("place",), limit=8))
    state: Any = None
    for time, place, setl_id in [(0, "a", "S0"), (12_000, "b", "S1"), (15_000, "c", "S2"), (15_000, "d", "S3")]:
        state = arithmetic.fold(state, time, (place,), setl_id)
    seen = arithmetic.view(state, 15_000, ("c",), "S2")
    assert [tuple(entry) for entry in seen.entries] == [(12_000, "S1", "b"), (15_000, "S3", "d")]
    assert (seen.count, seen.settlements) == (2, ["S1", "S3"])
    arithmetic.retract(state, 12_000, ("b",), "S1")
    assert [entry[2] for entry in arithmetic.view(state, 15_000, ("c",), "S2").entries] == ["d"]


def test_a_log_can_show_own_entries() -> None:
    """With ``own`` a settlement sees its entries beside those of others, and names only the others."""
    arithmetic = AGGREGATES["log"](spec("log", span=10 * SECOND, fields=("place",), limit=8, own=True))
    state = arithmetic.fold(arithmetic.fold(None, 0, ("a",), "S1"), 1, ("b",), "S2")
    view = arithmetic.view(state, 1, None, "S2")
    assert ([entry[2] for entry in view.entries], view.settlements) == (["a", "b"], ["S1"])


lines = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), st.booleans()), max_size=30)


@given(history=lines, data=st.data())
def test_refund_lines_hide_what_they_refund(history: list[tuple[int, int, bool]], data: st.DataObject) -> None:
    """For each refund of an item of a settlement one of its entries is hidden, in whatever order they arrive."""
    arithmetic = AGGREGATES["log"](spec("log", each="line", span=60 * SECOND, fields=("item",), limit=100))
    entries = [(f"S{setl}", item, refund) for setl, item, refund in history]
    state: Any = None
    for number, (setl_id, item, refund) in data.draw(st.permutations(list(enumerate(entries)))):
        state = arithmetic.fold(state, number, (item,), (CANCELS if refund else "") + setl_id)
    expected = []
    for key in {(setl_id, item) for setl_id, item, _ in entries}:
        sold = sum((setl_id, item) == key and not refund for setl_id, item, refund in entries)
        back = sum((setl_id, item) == key and refund for setl_id, item, refund in entries)
        expected += [key] * max(0, sold - back)
    found = [] if state is None else arithmetic.view(state, 10, None, "other").entries
    assert sorted(expected) == sorted((entry[1], entry[2]) for entry in found)
