"""Cuts inputs and what is known of the parties into cells: the small whole numbers that verdicts are counted on.

A cell is one *witness* (an input, or two that only mean something together) in one state. ``None`` is the ordinary
state and says nothing. What a witness says is learned (`models.evidence`); here is only what it can see.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from models import inputs

if TYPE_CHECKING:
    from models.inputs import Values

    Known = tuple[float, float, float, float, float, float, float]

WITNESSES: Final = (
    "kind_of_visit",
    "amount",
    "amount_to_own_usual",
    "own_large_recently",
    "amount_to_own_usual*own_large_recently",
    "amount_to_own_usual*person_confirmed_since",
    "person_confirmed",
    "institution_unexplained_weeks",
    "institution_unexplained_months",
    "institution_confirmed_share",
    "institution_run_of_verdicts",
    "institution_confirmed_share*since",
    "institution_unexplained_weeks*run",
    *inputs.NAMES[inputs.WEEK :],
    "oddness",
)
"""The names under which results tell what moved the score."""

Cells = list[tuple[int, int]]
"""``(witness, cell)`` of the witnesses that have something to say."""

_FIRST_PLAIN: Final = WITNESSES.index(inputs.NAMES[inputs.WEEK])
ODDNESS: Final = len(WITNESSES) - 1
_LOG_AMOUNT: Final = math.log(1.12)
_LOG_RATIO: Final = math.log(1.15)
_LOG_COUNT: Final = math.log(1.5)
_FAR: Final = 60
"""Days after which it does not matter how long ago an episode began."""
_SPREAD: Final = 1000
"""Distance of two states of the first of a pair."""

#: Plain inputs are cut this fine: cells a unit of the input.
_FINENESS: Final = {"own_visits_week": 1.0, "own_institutions_month": 1.0, "night": 1.0, "known_trace_codes": 1.0}
_PLAIN: Final = tuple(
    (
        place,
        _FIRST_PLAIN + place - inputs.WEEK,
        _FINENESS.get(name, 2.0),
        math.floor(each.centre * _FINENESS.get(name, 2.0)),
    )
    for place, (name, each) in enumerate(zip(inputs.NAMES, inputs.INPUTS, strict=True))
    if place >= inputs.WEEK
)
_MOST: Final = 40


def _level(value: float) -> int:
    """A faded count on a scale of ratios; nothing is a level of its own."""
    return -10 if value < 0.02 else min(12, max(-9, math.floor(math.log(value) / _LOG_COUNT)))  # noqa: PLR2004


def cut(kind: int, values: Values, person: Known | None, institution: Known | None) -> Cells:
    """The cells of a settlement.

    Args:
        kind: A small number for the kind of visit.
        values: Its inputs.
        person: What `models.memory` knows of the person.
        institution: The same of the institution.
    """
    cells: Cells = [(0, kind)]
    add = cells.append
    amount, usual, large = values[inputs.AMOUNT], values[inputs.TO_USUAL], values[inputs.LARGE]
    if amount is not None:
        add((1, math.floor(amount / _LOG_AMOUNT)))
    ratio = None
    if usual is not None:
        ratio = min(20, max(-14, math.floor(usual / _LOG_RATIO)))
        add((2, ratio))
    many = 0 if large is None else min(8, int(large))
    if many:
        add((3, many))
    coarse = 60 if ratio is None else ratio // 2
    if ratio is not None:
        add((4, coarse * _SPREAD + many))
    if person is not None:
        add((5, coarse * _SPREAD + int(min(person[6], _FAR)) // 4))
        add((6, _level(person[2])))
    if institution is not None:
        number, short, _, puzzle, old, run, since = institution
        weeks, share, days = _level(puzzle), math.floor(20 * short / (number + 0.5)), int(min(since, _FAR)) // 3
        length = int(min(12, max(-6, run)))
        cells += (
            (7, weeks),
            (8, _level(old)),
            (9, share),
            (10, length),
            (11, share // 2 * _SPREAD + days),
            (12, weeks // 2 * _SPREAD + length // 2),
        )
    for place, witness, fineness, ordinary in _PLAIN:
        value = values[place]
        if value is not None:
            cell = int(value * fineness)
            if cell != ordinary:
                add((witness, cell if -_MOST < cell < _MOST else _MOST if cell > 0 else -_MOST))
    return cells
