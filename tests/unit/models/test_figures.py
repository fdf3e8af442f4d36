"""The figures, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.figures import Judged, average_precision, precision_at_top, recall_by_scenario, roc_auc

Pairs = list[tuple[int, int]]
pairs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 1)), min_size=2, max_size=40)


def columns(made: Pairs) -> tuple[np.ndarray, np.ndarray]:
    return np.array([float(s) for s, _ in made]), np.array([y for _, y in made], dtype=np.int8)


@given(pairs)
def test_roc_auc_counts_pairs(made: Pairs) -> None:
    """It is the share of pairs of a fraud and an innocent settlement that are in order, ties counting half."""
    frauds, others = [s for s, y in made if y], [s for s, y in made if not y]
    found = roc_auc(*columns(made))
    if not frauds or not others:
        assert found is None
        return
    wins = sum(1.0 if f > o else 0.5 if f == o else 0.0 for f in frauds for o in others)
    assert found == pytest.approx(wins / (len(frauds) * len(others)))


@given(pairs)
def test_average_precision_sums_steps(made: Pairs) -> None:
    """It is the sum over thresholds of what recall gains times the precision there."""
    frauds = sum(y for _, y in made)
    found = average_precision(*columns(made))
    if not frauds:
        assert found is None
        return
    expected = 0.0
    for threshold in {s for s, _ in made}:
        above = [y for s, y in made if s >= threshold]
        gained = sum(y for s, y in made if s == threshold)
        expected += gained / frauds * sum(above) / len(above)
    assert found == pytest.approx(expected)


def test_who_was_found_is_left_out_on_later_days() -> None:
    """With room for one person a day, the second fraud is found because the first is known by then."""
    judged = Judged(
        scores=np.array([0.9, 0.5, 0.9, 0.5]),
        labels=np.array([1, 0, 1, 1], dtype=np.int8),
        days=np.array([1, 1, 2, 2], dtype=np.int32),
        persons=np.array([7, 8, 7, 9]),
        scenarios=["a", None, "a", "b"],
    )
    assert precision_at_top(judged, top=1) == 1.0
    assert recall_by_scenario(judged, 0.5) == {"a": 1.0, "b": 0.0}


def test_a_score_that_tells_nothing_apart_finds_nothing() -> None:
    """Where all scores are the same, no scenario is found by being in the top share."""
    judged = Judged(np.zeros(4), np.array([1, 0, 0, 0], dtype=np.int8), np.zeros(4, np.int32), np.arange(4), ["a"] * 4)
    assert recall_by_scenario(judged, 0.25) == {"a": 0.0}
