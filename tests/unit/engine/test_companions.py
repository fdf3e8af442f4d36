"""Persons beside each other, against counting by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.companions import beside

visits = st.lists(st.integers(0, 60), max_size=8).map(sorted)


def pairs(own: list[int], theirs: list[int], gap: int) -> int:
    """The most pairs that can be made of visits near each other, each visit in one pair: tried out."""
    if not own or not theirs:
        return 0
    rest = pairs(own[1:], theirs, gap)
    for place, time in enumerate(theirs):
        if abs(time - own[0]) <= gap:
            return max(rest, 1 + pairs(own[1:], theirs[:place] + theirs[place + 1 :], gap))
    return rest


@given(own=visits, theirs=visits, gap=st.integers(0, 10))
def test_each_visit_counts_once(own: list[int], theirs: list[int], gap: int) -> None:
    """How often two were beside each other is the most pairs of near visits that can be made."""
    found = beside(own, {"q": "S"}, gap, 1, lambda _p: theirs)
    assert pairs(own, theirs, gap) == (found[0][1] if found else 0)


def test_only_those_who_came_last_are_looked_at() -> None:
    """In a crowd, ten are looked at."""
    others = {f"q{n}": f"S{n}" for n in range(30)}
    found = beside([0, 100], others, 1, 1, lambda _p: [0, 100])
    assert [name for name, _, _ in found] == [f"q{n}" for n in range(20, 30)]
