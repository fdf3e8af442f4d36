"""Persons who settle beside each other again and again: what two logs tell when they are laid side by side.

Nothing is kept for it. A counter for each pair of persons would grow with the square of those who queue at a hospital
in one morning; the visits themselves are kept anyway, and taking one out takes it out of every pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.language.feature_functions import COMPANIONS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def beside(
    own: list[int],
    others: Mapping[str, str],
    gap: int,
    times: int,
    visits: Callable[[str], list[int]],
) -> list[tuple[str, int, str]]:
    """Give those with whom this person settled at least so often: reference, times, settlement now.

    Args:
        own: When this person was at the institution, ms, oldest first; now is among them.
        others: Who was there just now, those who came last at the end, with their settlement.
        gap: How near in time is beside, ms.
        times: Least number of times.
        visits: When a person (reference) was there, oldest first.
    """
    found = []
    for psn_ref, setl_id in list(others.items())[-COMPANIONS_LIMIT:]:
        together = _together(own, visits(psn_ref), gap)
        if together >= times:
            found.append((psn_ref, together, setl_id))
    return found


def _together(own: list[int], theirs: list[int], gap: int) -> int:
    """How many of the person's visits had one of the other's near it; each visit counts once on either side."""
    count = mine = their = 0
    while mine < len(own) and their < len(theirs):
        if abs(own[mine] - theirs[their]) <= gap:
            count += 1
            mine += 1
            their += 1
        elif own[mine] < theirs[their]:
            mine += 1
        else:
            their += 1
    return count
