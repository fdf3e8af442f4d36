"""What is normal for a kind of visit in a treatment area, and how odd a settlement is beside it. No verdict is needed.

The state is a plain list that lives in a window row of the area (`streams.engine`): it is folded once for each
settlement, survives crashes and moves between workers as all rows do, and is the same however many workers there are.

*Oddness* is the sum of the `STRONGEST` one-sided deviations of inputs beyond `FREE` (what chance does), each on the
scale of minus the logarithm of a tail. How rare that is, is counted: the share of the area's earlier settlements at
least as odd, with `IMAGINED` imaginary ones whose oddness falls off exponentially, so that there is an answer from the
first settlement on.

Against poisoning, a settlement is scored before it is learned, and moves the usual the less the odder it is: deviations
are cut at `CLIP`, a settlement in the rarest `RARE` weighs `SUSPECT`, one that rules hold or ask about nothing. So
a ring that is odd cannot make itself usual faster than `SUSPECT` of its share, while a change that holds for everybody
is followed, as what everybody does soon is no longer rare.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from models.inputs import INPUTS

if TYPE_CHECKING:
    from models.inputs import Values

State = list[Any]
"""``[number, means, variances, counts of oddness, counts of risk]``."""
NUMBER, MEANS, VARIANCES, ODD, RISK = range(5)

FREE: Final = 2.0
"""Deviations that are nothing special."""
_FREE_SQUARED: Final = FREE * FREE
HEAVY: Final = 1.5
"""How heavy the tails of inputs are taken to be: z deviations are as rare as about (1 + z²/HEAVY)^-HEAVY, which also
holds for what is 1 in a few of a hundred settlements and else 0."""
STRONGEST: Final = 3
CLIP: Final = 3.0
"""Deviations by which one settlement can pull a mean."""
RARE: Final = 0.01
SUSPECT: Final = 0.1
IMAGINED: Final = 50.0
FALL: Final = 1.75
"""Oddness over which imagined settlements become e times rarer, as the rarest percent of 18,000 simulated ones did."""
MEMORY: Final = 20_000.0
"""Settlements over which means, deviations and counts forget."""
TRUST: Final = 30.0
"""Imaginary settlements behind the centre and spread that `INPUTS` states."""
SETTLED: Final = 1_000.0
"""Settlements after which one in `MOVED_ONE_IN` moves means and deviations, for all of them."""
MOVED_ONE_IN: Final = 4
LEAST_SPREAD: Final = 0.15
"""Of the stated spread: what always is the same must not make a small difference look enormous."""
_BINS: Final = 40
_LAST: Final = _BINS - 1.0
_LOW: Final = -10.0
"""Log-odds of the first bin."""
_CALM: Final = 4.0
"""Log-odds that half of all settlements are imagined to exceed, negated."""


def new_state() -> State:
    """What is taken to be normal before anything was seen."""
    return [
        0.0,
        [each.centre for each in INPUTS],
        [each.spread * each.spread for each in INPUTS],
        [0.0] * _BINS,
        [0.0] * _BINS,
    ]


_INPUTS: Final = range(len(INPUTS))
_FLOORS: Final = tuple((each.spread * LEAST_SPREAD) ** 2 for each in INPUTS)


def oddness(state: State, values: Values) -> tuple[float, list[tuple[float, int]]]:
    """How odd a settlement is: in all, and by the inputs that make it so (strongest first, excess and place)."""
    excesses: list[tuple[float, int]] = []
    for value, mean, variance, place in zip(values, state[MEANS], state[VARIANCES], _INPUTS, strict=True):
        if value is not None and value > mean:
            above = value - mean
            squared = above * above / variance
            if squared > _FREE_SQUARED:
                excesses.append((HEAVY * math.log((HEAVY + squared) / (HEAVY + _FREE_SQUARED)), place))
    if not excesses:
        return 0.0, excesses
    excesses.sort(reverse=True)
    strongest = excesses[:STRONGEST]
    return sum([excess for excess, _ in strongest]), strongest


def odd_tail(state: State, odd: float) -> float:
    """Share of settlements of this kind and area that are at least so odd."""
    if odd <= 0.0:
        return 1.0
    return _tail(state[ODD], state[NUMBER], _odd_bin(odd), IMAGINED * math.exp(-odd / FALL))


def risk_tail(state: State, risk: float) -> float:
    """Share of settlements of this kind and area that are at least so risky by log-odds."""
    return _tail(state[RISK], state[NUMBER], _risk_bin(risk), IMAGINED / (1.0 + math.exp(risk + _CALM)))


def _odd_bin(odd: float) -> float:
    at = 2.0 * odd
    return min(_LAST, at)


def _risk_bin(risk: float) -> float:
    at = 2.5 * (risk - _LOW)
    return 0.0 if at < 0.0 else min(_LAST, at)


def _tail(counts: list[float], number: float, at: float, imagined: float) -> float:
    """Share at or above a place on the scale of bins, a bin taken to be evenly filled."""
    place = int(at)
    above = sum(counts[place + 1 :]) + counts[place] * (1.0 - (at - place))
    return (above + imagined) / (number + IMAGINED)


def learn(state: State, values: Values, odd: float, risk: float, weight: float) -> None:
    """Take a settlement in, after it was scored.

    Args:
        state: Changed in place.
        values: The settlement's inputs.
        odd: Its oddness.
        risk: Its risk.
        weight: What it counts: 1, or less where it may be what should be found.
    """
    state[ODD][int(_odd_bin(odd))] += 1.0
    state[RISK][int(_risk_bin(risk))] += 1.0
    number = state[NUMBER] = state[NUMBER] + 1.0
    if number >= MEMORY:
        state[NUMBER] = number / 2
        state[ODD] = [count / 2 for count in state[ODD]]
        state[RISK] = [count / 2 for count in state[RISK]]
    if weight <= 0.0:
        return
    step = weight / (TRUST + number)
    if number > SETTLED:
        if number % MOVED_ONE_IN:
            return
        step *= MOVED_ONE_IN
    means, variances = state[MEANS], state[VARIANCES]
    for place, value in enumerate(values):
        if value is None:
            continue
        mean, variance = means[place], variances[place]
        apart = value - mean
        squared = apart * apart
        if squared > 9.0 * variance:
            apart = math.copysign(CLIP * math.sqrt(variance), apart)
            squared = apart * apart
        means[place] = mean + step * apart
        variance += step * (squared - variance)
        floor = _FLOORS[place]
        variances[place] = max(floor, variance)


def weight_of(tail: float, *, questioned: bool) -> float:
    """What a settlement counts when its area learns it."""
    if questioned:
        return 0.0
    return SUSPECT if tail < RARE else 1.0
