"""How much each cell of each witness says, counted from verdicts: the weight of evidence.

The weight of a cell is log P(fraud | cell) − log P(fraud), with counts that fade over lessons and are drawn towards
nothing (`PRIOR` imaginary verdicts at the general rate), less `DOUBT` standard errors, so that a cell seen once says
little. Counting needs one addition a cell where gradient steps on thousands of cells would need years of verdicts; how
far the witnesses may be believed when they speak together is left to the regression that reads these weights
(`models.risk`).

A witness accuses or is silent; none clears. Frauds have separate causes, and what is ordinary about the amount says
nothing in favour of an institution whose every settlement of last week was confirmed. It also keeps the many that
nothing is said about level, where chance would otherwise rank them.

A weight is worked out when a verdict changes its cell, not when it is read: there are many settlements for each
verdict.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from river import base

from models.cells import ODDNESS, SHIFT, cell

if TYPE_CHECKING:
    from models.cells import Cells

PRIOR: Final = 8.0
"""Imaginary verdicts behind every cell."""
DOUBT: Final = 1.0
"""Standard errors by which a weight is taken to be smaller than it was counted."""
LEAST: Final = 0.2
"""Weights below this are silence: a fifth more often than usual is what chance and season do."""
_LEAST_LIFT: Final = 1.2
"""Below this lift, whose logarithm is less than `LEAST`, the logarithm need not be known."""
HALF_LIFE: Final = 150_000.0
"""Weight of lessons after which a lesson counts half."""
START: Final = (1.0, 0.005)
"""Verdicts and frauds before the first lesson."""
_LARGE: Final = 1e6
ODD_PRIOR: Final = 20.0
"""Imaginary verdicts behind the cells of oddness, at the rate that `odd_lift` says."""
ODD_LEVELS: Final = 19
_FADED: Final = 0.05
"""Of a verdict: a cell that weighs less is forgotten."""


def odd_lift(level: int) -> float:
    """What oddness is taken to say before verdicts say it: log of the lift, for levels of half a decade of the tail.

    One settlement in a hundred is taken to be 4 times as often a fraud as any, one in ten thousand 16 times.
    """
    return min(level, 9) * 0.5 * math.log(2.0)


_ODD: Final = {cell(ODDNESS, level): odd_lift(level) for level in range(ODD_LEVELS)}


_FIRST_ODD: Final = min(_ODD)
"""What oddness says is stated, not counted, until verdicts replace it: nothing is taken off."""


class Evidence(base.SupervisedTransformer):  # type: ignore[misc] # River is not typed
    """Turns cells into weights of evidence, by witness.

    Attributes:
        weights: What each cell says.
    """

    def __init__(self) -> None:
        self.weights: dict[int, float] = dict(_ODD)
        self._counts: dict[int, list[float]] = {}
        self._number, self._frauds = START
        #: What a lesson weighs now: weights grow instead of all counts fading.
        self._grown = 1.0

    @property
    def rate(self) -> float:
        """Share of fraud among recent lessons."""
        return self._frauds / self._number

    def transform_one(self, x: Cells) -> dict[int, float]:
        """Weight of evidence of each witness that is not silent: nothing is learned of the others."""
        said, weight_of = {}, self.weights.get
        for each in x:
            weight = weight_of(each)
            if weight:
                said[each >> SHIFT] = weight
        return said

    def learn_one(self, x: Cells, y: float, w: float = 1.0) -> None:
        """Count a verdict of weight `w` on every cell; `y` is 1 for fraud."""
        grown = self._grown = self._grown * 2.0 ** (w / HALF_LIFE)
        weight = grown * w
        fraud = weight * y
        self._number += weight
        self._frauds += fraud
        rate = self._frauds / self._number
        prior, doubt = PRIOR * grown, DOUBT * math.sqrt(grown)
        drawn, half = prior * rate, 0.5 * grown
        counts, weights, log, sqrt = self._counts, self.weights, math.log, math.sqrt
        for each in x:
            count = counts.get(each)
            if count is None:
                count = counts[each] = self._first(each)
            count[0] += weight
            count[1] += fraud
            number, frauds = count
            lift = (frauds + drawn) / ((number + prior) * rate)
            if lift < _LEAST_LIFT:
                weights[each] = 0.0
                continue
            said = log(lift)
            if each < _FIRST_ODD:
                # The standard error of the logarithm of a count.
                said -= doubt / sqrt(frauds + half)
            weights[each] = said if said > LEAST else 0.0
        if grown > _LARGE:
            self._shrink()

    def _first(self, each: int) -> list[float]:
        lift = _ODD.get(each)
        if lift is None:
            return [0.0, 0.0]
        number = ODD_PRIOR * self._grown
        return [number, number * self.rate * math.exp(lift)]

    def _shrink(self) -> None:
        """Bring all counts back to the size of numbers, and drop cells that have faded away."""
        grown = self._grown
        self._number, self._frauds, self._grown = self._number / grown, self._frauds / grown, 1.0
        kept = {each: count for each, count in self._counts.items() if count[0] / grown > _FADED}
        self._counts = {each: [count[0] / grown, count[1] / grown] for each, count in kept.items()}
        self.weights = _ODD | {each: self.weights[each] for each in kept}

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        cells = [[each, *count, self.weights[each]] for each, count in self._counts.items()]
        return {"cells": cells, "number": self._number, "frauds": self._frauds, "grown": self._grown}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Evidence:
        """Inverse of `to_plain`."""
        evidence = cls()
        for each, number, frauds, weight in plain["cells"]:
            evidence._counts[int(each)] = [float(number), float(frauds)]
            evidence.weights[int(each)] = float(weight)
        evidence._number, evidence._frauds, evidence._grown = plain["number"], plain["frauds"], plain["grown"]
        return evidence
