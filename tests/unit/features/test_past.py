"""A feature beside its own past, against brute force over all days."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.features.aggregates import AGGREGATES
from streams.features.past import Past
from tests.unit.features.oracle import DAY, spec

HOUR = DAY // 24
WINDOW = 30


def past_spec(**changes: Any) -> Any:
    """Compare days, without weights or minimum of history."""
    return spec("past", step=DAY, every=DAY, whole=True, **changes)


class Days:
    """Amounts by day, with everything that was ever seen."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, int, str]] = []
        self.since: int | None = None

    def total(self, day: int) -> int:
        """What a day amounts to."""
        return sum(value for at, value, _ in self.kept if at == day)

    def usual(self, today: int, half_life: float, *, skip_empty: bool) -> tuple[float, float] | None:
        """Weighted mean and deviation of the days before today, from the first ever seen on."""
        if self.since is None:
            return None
        days = [day for day in range(today - 1, today - WINDOW, -1) if day >= self.since]
        pairs = [(0.5 ** ((today - day) / half_life) if half_life else 1.0, self.total(day)) for day in days]
        pairs = [(weight, value) for weight, value in pairs if value or not skip_empty]
        if not pairs:
            return None
        total = sum(weight for weight, _ in pairs)
        mean = sum(weight * value for weight, value in pairs) / total
        return mean, math.sqrt(sum(weight * (value - mean) ** 2 for weight, value in pairs) / total)


steps = st.lists(st.tuples(st.integers(-3, 4), st.integers(1, 5_000), st.integers(0, 5)), min_size=1, max_size=60)


@pytest.mark.parametrize(("half_life", "skip_empty"), [(0, False), (7, False), (0, True), (3, True)])
@given(history=steps)
def test_what_is_usual_is_what_all_days_say(
    half_life: int,
    skip_empty: bool,  # noqa: FBT001
    history: list[tuple[int, int, int]],
) -> None:
    """After any observations, late ones and retractions, mean and deviation are those of the days themselves."""
    base = AGGREGATES["sum"](spec("sum", days=WINDOW, span=0, resolution=0, late=5 * DAY))
    past = Past(past_spec(half_life=half_life * DAY, skip_empty=skip_empty), base)
    brute = Days()
    state: Any = None
    today = 20_000
    for number, (move, value, choice) in enumerate(history):
        if choice == 0 and brute.kept:
            day, old, setl_id = brute.kept.pop(value % len(brute.kept))
            base.retract(state, day * DAY, old, setl_id)
        else:
            day = today + move
            today = max(today, day)
            state = base.fold(state, day * DAY, value, f"S{number}")
            brute.kept.append((day, value, f"S{number}"))
            brute.since = day if brute.since is None else min(day, brute.since)
        view = past.view(state, today * DAY, "row")
        expected = brute.usual(today, half_life, skip_empty=skip_empty)
        assert brute.total(today) == view.now
        assert (view.mean is None) == (expected is None)
        if expected is not None:
            assert math.floor(expected[0] + 0.5) == pytest.approx(view.mean, abs=1)
            if expected[1] > 1e-6:
                assert (brute.total(today) - expected[0]) / expected[1] == pytest.approx(view.z, rel=1e-6, abs=1e-6)


def test_nothing_is_usual_without_history() -> None:
    """Mean, deviation, z and ratio are unknown until the first observation lies far enough back."""
    base = AGGREGATES["sum"](spec("sum", days=WINDOW, span=0, resolution=0))
    past = Past(past_spec(min_history=7 * DAY), base)
    assert past.view(None, 0, "row").mean is None
    state: Any = None
    known = []
    for day in range(20_000, 20_010):
        state = base.fold(state, day * DAY, 100, f"S{day}")
        view = past.view(state, day * DAY, "row")
        known.append((view.mean, view.history))
    assert known == [(None, n) for n in range(7)] + [(None, 7), (100, 8), (100, 9)]


def test_a_deviation_has_a_floor() -> None:
    """Where every day was the same, the declared share of the mean stands in for the deviation."""
    base = AGGREGATES["sum"](spec("sum", days=WINDOW, span=0, resolution=0))
    state: Any = None
    for day in range(10):
        state = base.fold(state, day * DAY, 1_000, f"S{day}")
    state = base.fold(state, 10 * DAY, 1_500, "S")
    plain, floored = Past(past_spec(), base), Past(past_spec(least_deviation=0.1), base)
    assert plain.view(state, 10 * DAY, "row").z is None
    assert floored.view(state, 10 * DAY, "row").z == pytest.approx(5.0)
    assert floored.view(state, 10 * DAY, "row").ratio == pytest.approx(1.5)


def test_hours_are_compared_with_the_same_hour() -> None:
    """With steps of an hour, a day apart, other hours do not matter; counts have a mean that is a fraction."""
    base = AGGREGATES["count"](spec("count", span=10 * DAY, resolution=HOUR))
    past = Past(spec("past", step=HOUR, every=DAY), base)
    state: Any = None
    for day in range(4):
        for hour in (9, 9, 15) if day % 2 else (9, 15):
            state = base.fold(state, day * DAY + hour * HOUR, None, "S")
    view = past.view(state, 4 * DAY + 9 * HOUR, "row")
    assert (view.now, view.mean) == (0, 1.5)


def test_weeks_are_blocks_back_from_today() -> None:
    """With steps of seven days, the last seven are compared with the seven before them, and so on."""
    base = AGGREGATES["sum"](spec("sum", days=28, span=0, resolution=0))
    past = Past(spec("past", step=7 * DAY, every=7 * DAY, whole=True, skip_empty=True), base)
    state: Any = None
    for day, amount in [(100, 10), (107, 30), (115, 7), (121, 5)]:
        state = base.fold(state, day * DAY, amount, f"S{day}")
    view = past.view(state, 121 * DAY, "row")
    assert (view.now, view.mean) == (12, 20)


def test_the_past_of_a_log_adds_up_a_field() -> None:
    """A log's entries, the settlement's own among them, are added up by day; unknown values are passed over."""
    base = AGGREGATES["log"](spec("log", span=30 * DAY, fields=("place", "paid"), limit=50))
    past = Past(past_spec(past_field="paid"), base, ("place", "paid"))
    state: Any = None
    for day, paid in [(100, 10), (101, None), (101, 30), (102, 8), (102, 2)]:
        state = base.fold(state, day * DAY, ("H", paid), f"S{day}{paid}")
    view = past.view(state, 102 * DAY, "row")
    assert (view.now, view.mean, view.since) == (10, 20, 100 * DAY)


def test_what_is_remembered_follows_late_changes() -> None:
    """A late observation or a retraction of an earlier day changes what is usual, though the newest day did not."""
    base = AGGREGATES["sum"](spec("sum", days=WINDOW, span=0, resolution=0, late=5 * DAY))
    past = Past(past_spec(), base)
    state: Any = None
    for day in (10, 11, 12):
        state = base.fold(state, day * DAY, 100, f"S{day}")
    assert past.view(state, 12 * DAY, "row").mean == 100
    state = base.fold(state, 11 * DAY, 200, "late")
    assert past.view(state, 12 * DAY, "row").mean == 200
    base.retract(state, 11 * DAY, 100, "S11")
    assert past.view(state, 12 * DAY, "row").mean == 150
