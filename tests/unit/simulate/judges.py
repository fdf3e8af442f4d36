"""All judges: for each rule of the catalogue a second opinion on where it is met."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from tests.unit.simulate import judge_codes, judge_items, judge_places, judge_supply, judge_visits

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.simulate import Reference
    from tests.unit.simulate.suspicion import Event

PLAIN: dict[str, Callable[[list[Event]], list[str]]] = {
    **judge_items.JUDGES,
    **judge_codes.JUDGES,
    **judge_supply.JUDGES,
    **judge_visits.JUDGES,
    **judge_places.JUDGES,
    "V12 of an institution": judge_places.v12,
    **{f"G04 with {alpha}": partial(judge_places.g04, alpha=alpha) for alpha in judge_places.ALPHAS},
}
"""Judges that need nothing but the events; a rule can have several, by how it is understood."""

WITH_FACTS: dict[str, Callable[[list[Event], Reference], list[str]]] = {
    **judge_visits.WITH_FACTS,
    **judge_places.WITH_FACTS,
}
"""Judges that need registry facts."""

RULES = sorted({name.split()[0] for name in (*PLAIN, *WITH_FACTS)})


def verdicts(events: list[Event], facts: Reference) -> dict[str, set[str]]:
    """The settlements at which each rule, however it is understood, finds something."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, judge in PLAIN.items():
        found[name.split()[0]] |= set(judge(events))
    for name, judge_ in WITH_FACTS.items():
        found[name] |= set(judge_(events, facts))
    return found
