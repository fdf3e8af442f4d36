"""Persons who settle beside each other again and again: what two logs tell when they are laid side by side.

Nothing is kept for it. A counter for each pair of persons would grow with the square of those who queue at a hospital
in one morning; the visits themselves are kept anyway, and taking one out takes it out of every pair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.language.feature_functions import COMPANIONS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Beside(NamedTuple):
    """Someone who settled at the institution just now."""

    psn_ref: str
    insuplc_admdvs: str
    setl_id: str


def beside(
    own: list[int],
    others: Mapping[str, Beside],
    gap: int,
    times: int,
    visits: Callable[[str, str], list[int]],
) -> list[tuple[str, int, str]]:
    """Give those with whom this person settled at least so often: reference, times, settlement now.

    Args:
        own: When this person was at the institution, ms, oldest first; now is among them.
        others: Who was there just now, those who came last at the end.
        gap: How near in time is beside, ms.
        times: Least number of times.
        visits: When a person (reference, insured area) was there, oldest first.
    """
    found = []
    for other in list(others.values())[-COMPANIONS_LIMIT:]:
        together = _together(own, visits(other.psn_ref, other.insuplc_admdvs), gap)
        if together >= times:
            found.append((other.psn_ref, together, other.setl_id))
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
