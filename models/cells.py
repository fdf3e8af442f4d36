"""Cuts inputs and what is known of the parties into cells: the small whole numbers that verdicts are counted on.

A cell is one *witness* (an input, or two that only mean something together) in one state, in one number: witness in the
high bits (`witness_of`), state in the low ones. The ordinary state of a plain input has no cell and says nothing. What
a witness says is learned (`models.evidence`); here is only what it can see.
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
    "amount_to_own_usual*institution_confirmed_share",
    "institution_confirmed",
    *inputs.NAMES[inputs.WEEK :],
    "oddness",
)
"""The names under which results tell what moved the score."""

WITNESS_OF: Final = tuple(WITNESSES.index(name) for name in inputs.NAMES)
"""The witness of each input."""
PLACES: Final = tuple(inputs.NAMES.index(name) if name in inputs.NAMES else None for name in WITNESSES)
"""The input of each witness that is one."""

Cells = list[int]
"""The cells of a settlement, in the order of their witnesses."""

SHIFT: Final = 20
_MIDDLE: Final = 1 << (SHIFT - 1)


def cell(witness: int, state: int) -> int:
    """The cell of a witness in a state between -524288 and 524287."""
    return (witness << SHIFT) + _MIDDLE + state


def witness_of(cell: int) -> int:
    """The place in `WITNESSES` of whose cell it is."""
    return cell >> SHIFT


(_KIND, _AMOUNT, _USUAL, _LARGE, _USUAL_LARGE, _USUAL_SINCE, _PERSON, _WEEKS, _MONTHS, _SHARE, _RUN, _SHARE_SINCE,
 _WEEKS_RUN, _USUAL_SHARE, _ALL) = (cell(witness, 0) for witness in range(15))  # fmt: skip
ODDNESS: Final = len(WITNESSES) - 1
_FIRST_PLAIN: Final = WITNESSES.index(inputs.NAMES[inputs.WEEK])
_PER_LOG_AMOUNT: Final = 1.0 / math.log(1.05)
_PER_LOG_RATIO: Final = 1.0 / math.log(1.15)
_PER_LOG_COUNT: Final = 1.0 / math.log(1.5)
_LOWEST: Final = 14
"""States of the ratio to the usual below it, that are told apart."""
_HIGHEST: Final = 34
_NO_USUAL: Final = 30
_MANY: Final = 8
"""Large visits from which it does not matter how many."""
_FAR: Final = 60.0
"""Days after which it does not matter how long ago an episode began."""
_APART: Final = 100
"""Distance of two states of the first of a pair."""
_NEVER: Final = 99
"""State of whoever was never confirmed."""

#: Plain inputs are cut this fine: cells a unit of the input.
_FINENESS: Final = {"own_visits_week": 1.0, "own_institutions_month": 1.0, "night": 1.0, "known_trace_codes": 1.0}


def _plain(place: int, each: inputs.Input) -> tuple[int, float, float, float]:
    """The first cell of a plain input, its fineness, and from where to where it is ordinary."""
    fineness = _FINENESS.get(each.name, 2.0)
    ordinary = math.floor(each.centre * fineness)
    # States are cut off towards nothing: what is just below it is as ordinary as what is just above.
    low = ordinary / fineness if ordinary else math.nextafter(-1.0 / fineness, 0.0)
    return cell(_FIRST_PLAIN + place, 0), fineness, low, (ordinary + 1) / fineness


_PLAIN: Final = tuple(_plain(place, each) for place, each in enumerate(inputs.INPUTS[inputs.WEEK :]))
_MOST: Final = 40


def _level(value: float) -> int:
    """A faded count on a scale of ratios; nothing is a level of its own."""
    return -10 if value < 0.02 else min(12, max(-9, math.floor(math.log(value) * _PER_LOG_COUNT)))  # noqa: PLR2004


def cut(kind: int, values: Values, person: Known | None, institution: Known | None) -> Cells:
    """The cells of a settlement.

    Args:
        kind: A small number for the kind of visit.
        values: Its inputs.
        person: What `models.memory` knows of the person.
        institution: The same of the institution.
    """
    cells = [_KIND + kind]
    add = cells.append
    amount, usual, large = values[inputs.AMOUNT], values[inputs.TO_USUAL], values[inputs.LARGE]
    if amount is not None:
        add(_AMOUNT + int(amount * _PER_LOG_AMOUNT))
    many = int(large) if large else 0
    many = min(many, _MANY)
    coarse = _NO_USUAL
    if usual is not None:
        ratio = int(usual * _PER_LOG_RATIO + _LOWEST)
        ratio = 0 if ratio < 0 else min(ratio, _HIGHEST)
        coarse = ratio // 2
        add(_USUAL + ratio)
        add(_USUAL_LARGE + coarse * _APART + many)
    if many:
        add(_LARGE + many)
    if person is None:
        add(_USUAL_SINCE + coarse * _APART + _NEVER)
    else:
        add(_USUAL_SINCE + coarse * _APART + int(min(person[6], _FAR)) // 4)
        add(_PERSON + _level(person[2]))
    if institution is None:
        cells += (_MONTHS + _NEVER, _SHARE_SINCE + _NEVER * _APART, _USUAL_SHARE + coarse * _APART + _NEVER)
    else:
        number, short, long, puzzle, old, run, since = institution
        weeks, share, days = _level(puzzle), int(20.0 * short / (number + 0.5)), int(min(since, _FAR)) // 3
        length = int(min(12.0, max(-6.0, run)))
        cells += (
            _WEEKS + weeks,
            _MONTHS + _level(old),
            _SHARE + share,
            _RUN + length,
            _SHARE_SINCE + share // 2 * _APART + days,
            _WEEKS_RUN + weeks // 2 * _APART + length // 2,
            _USUAL_SHARE + coarse * _APART + share // 2,
            _ALL + _level(long),
        )
    for value, (base, fineness, low, high) in zip(values[inputs.WEEK :], _PLAIN, strict=True):
        if value is not None and not low <= value < high:
            state = int(value * fineness)
            add(base + (state if -_MOST < state < _MOST else _MOST if state > 0 else -_MOST))
    return cells
