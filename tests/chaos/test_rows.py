"""What the comparison of rows excuses."""

from __future__ import annotations

from streams.contract.time import DAY_MS
from tests.chaos.rows import APART_MS, begun_anew


def state(since: int, count: int = 1) -> dict[str, object]:
    """Return a row with one feature in buckets."""
    return {"prescriber_day": [{20_000: count}, [], since, 20_000]}


def test_a_row_that_was_dropped_may_have_begun_anew() -> None:
    """After its life, or sooner by what partitions can be apart; and nothing but the moment may differ."""
    life, early = 2 * DAY_MS, 2 * DAY_MS - APART_MS
    assert 0 < APART_MS < life
    assert begun_anew(state(0), state(early + 1), life)
    assert not begun_anew(state(0), state(early), life)
    assert not begun_anew(state(0), state(early + 1, count=2), life)
    assert not begun_anew(state(0), {}, life)
