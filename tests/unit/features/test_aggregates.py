"""Incremental windows against brute force over the whole history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract.time import day_of
from streams.features.aggregates import AGGREGATES
from streams.rules.specs import FeatureSpec
from streams.state.rows import WindowRow, decode_window, encode_row

if TYPE_CHECKING:
    from streams.features.views import View

DAY = 86_400_000
SECOND = 1_000


def spec(aggregate: str, **changes: Any) -> FeatureSpec:
    """A feature of the person scope."""
    fields: dict[str, Any] = {
        "name": "f", "fid": "f-1", "doc": "", "scope": "person", "each": "settlement", "aggregate": aggregate,
        "days": 0, "span": 60 * SECOND, "resolution": SECOND, "limit": 1_000, "evidence": 100, "fields": (),
        "events": frozenset({"settlement"}), "where": None, "of": None, "at": lambda e, _l, _k: e.time, "index": 0,
    }  # fmt: skip
    return FeatureSpec(**fields | changes)


class Brute:
    """Keeps everything and looks at everything."""

    def __init__(self, of: FeatureSpec) -> None:
        self.spec = of
        self.kept: list[tuple[int, Any, str]] = []

    def bucket(self, time: int) -> int:
        return day_of(time) if self.spec.days else time // self.spec.resolution

    def seen(self, time: int) -> list[tuple[int, Any, str]]:
        buckets = self.spec.days or -(-self.spec.span // self.spec.resolution)
        last = self.bucket(time)
        return [kept for kept in self.kept if last - buckets < self.bucket(kept[0]) <= last]

    def expected(self, time: int, value: Any) -> dict[str, int]:
        values = [v for _, v, _ in self.seen(time)]
        return {
            "count": {"count": len(values)},
            "sum": {"sum": sum(values), "count": len(values)},
            "distinct": {"count": len(set(values))},
            "histogram": {"same": values.count(value), "total": len(values), "distinct": len(set(values))},
        }[self.spec.aggregate]


def shown(view: View, names: dict[str, int]) -> dict[str, int]:
    return {name: getattr(view, name) for name in names}


# Steps: an observation a little earlier or later than the one before, or the taking out of an earlier one.
steps = st.lists(st.tuples(st.integers(-40, 90), st.integers(0, 4), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize("aggregate", ["count", "sum", "distinct", "histogram"])
@pytest.mark.parametrize(
    ("window", "unit"),
    [
        ({"span": 60 * SECOND, "resolution": SECOND}, SECOND),
        ({"span": 60 * SECOND, "resolution": 7 * SECOND}, SECOND),
        ({"days": 1, "span": 0, "resolution": 0}, DAY // 60),
        ({"days": 3, "span": 0, "resolution": 0}, DAY // 40),
    ],
)
@given(history=steps)
def test_incremental_equals_brute_force(
    aggregate: str, window: dict[str, int], unit: int, history: list[tuple[int, int, bool]]
) -> None:
    """Any order of observations and retractions within the retained time gives what looking at all of them gives."""
    feature = spec(aggregate, **window)
    arithmetic = AGGREGATES[aggregate](feature)
    brute = Brute(feature)
    state: Any = None
    newest = 1_760_000_000_000
    for number, (move, value, retract) in enumerate(history):
        if retract and brute.kept:
            old = brute.kept.pop(value % len(brute.kept))
            arithmetic.retract(state, *old)
        else:
            # Behind the newest by less than a window, which is what is promised to be kept.
            time = newest + move * unit
            newest = max(newest, time)
            state = arithmetic.fold(state, time, value, f"S{number}")
            brute.kept.append((time, value, f"S{number}"))
        expected = brute.expected(newest, value)
        assert expected == shown(arithmetic.view(state, newest, value, "other"), expected)


@given(history=steps)
def test_a_row_survives_the_changelog(history: list[tuple[int, int, bool]]) -> None:
    """A row that was written and read again goes on exactly as the one that stayed in memory."""
    arithmetic = {name: AGGREGATES[name](spec(name, fields=("v",), limit=8)) for name in AGGREGATES}
    kept: dict[str, Any] = {}
    read: dict[str, Any] = {}
    for number, (move, value, _) in enumerate(history):
        time = 1_760_000_000_000 + number * 10 * SECOND + move * SECOND
        for name, one in arithmetic.items():
            observed = (value,) if name == "log" else value
            kept[name] = one.fold(kept.get(name), time, observed, f"S{number}")
            read[name] = one.fold(read.get(name), time, observed, f"S{number}")
        read = decode_window(encode_row(WindowRow({0: number}, time, read))).features
    assert encode_row(WindowRow({}, 0, kept)) == encode_row(WindowRow({}, 0, read))


def test_state_is_bounded() -> None:
    """A year of observations leaves no more buckets, entries or evidence than the declaration allows."""
    limits = {"count": 122, "sum": 122, "distinct": 122, "histogram": 122}
    for name, most in limits.items():
        arithmetic = AGGREGATES[name](spec(name, evidence=5))
        state = None
        for second in range(0, 366 * 86_400, 3_600):
            state = arithmetic.fold(state, second * SECOND, second, "S")
        assert len(state[0]) <= most
        assert len(state[1]) <= 5
    log = AGGREGATES["log"](spec("log", limit=4, span=10 * DAY))
    state = None
    for day in range(100):
        state = log.fold(state, day * DAY, (day,), f"S{day}")
    assert [entry[0] for entry in state] == [96 * DAY, 97 * DAY, 98 * DAY, 99 * DAY]


def test_evidence_names_other_settlements_of_the_window() -> None:
    """A view names the settlements that made it, oldest first, without the event's own and without older windows."""
    arithmetic = AGGREGATES["distinct"](spec("distinct", days=1, span=0, resolution=0, evidence=3))
    state = None
    for number, time in enumerate([0, DAY, DAY + 1, DAY + 2, DAY + 3]):
        state = arithmetic.fold(state, time, number, f"S{number}")
    assert arithmetic.view(state, DAY + 3, 4, "S4").settlements == ["S2", "S3"]


def test_histogram_evidence_has_the_same_value() -> None:
    """The settlements behind a histogram are those with the event's own value."""
    arithmetic = AGGREGATES["histogram"](spec("histogram", days=1, span=0, resolution=0))
    state = None
    for number, amount in enumerate([500, 700, 500, 500]):
        state = arithmetic.fold(state, number, amount, f"S{number}")
    assert arithmetic.view(state, 3, 500, "S3").settlements == ["S0", "S2"]


def test_log_shows_others_within_the_window() -> None:
    """A log shows the entries of other settlements within the window before or after, and forgets what is taken out."""
    arithmetic = AGGREGATES["log"](spec("log", span=10 * SECOND, fields=("place",), limit=8))
    state: Any = None
    for time, place, setl_id in [(0, "a", "S0"), (12_000, "b", "S1"), (15_000, "c", "S2"), (15_000, "d", "S3")]:
        state = arithmetic.fold(state, time, (place,), setl_id)
    assert arithmetic.view(state, 15_000, ("c",), "S2").entries == [("b",), ("d",)]
    arithmetic.retract(state, 12_000, ("b",), "S1")
    assert arithmetic.view(state, 15_000, ("c",), "S2").entries == [("d",)]


def test_distinct_values_are_limited() -> None:
    """Beyond the declared number of different values no new one is told apart, and the total stays right."""
    arithmetic = AGGREGATES["histogram"](spec("histogram", limit=2))
    state = None
    for value in range(5):
        state = arithmetic.fold(state, 0, value, "S")
    view = arithmetic.view(state, 0, 0, "other")
    assert (view.same, view.total, view.distinct) == (1, 5, 2)
