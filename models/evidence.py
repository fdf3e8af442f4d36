"""How much each cell of each witness says, counted from verdicts: the weight of evidence.

The weight of a cell is log P(fraud | cell) − log P(fraud), with counts that fade over lessons and are drawn towards
nothing (`PRIOR` imaginary verdicts at the general rate), so that a cell seen once says little. Counting needs one
addition a cell where gradient steps on thousands of cells would need years of verdicts; how far the witnesses may be
believed when they speak together is left to the regression that reads these weights (`models.risk`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from river import base

from models.cells import ODDNESS, WITNESSES

if TYPE_CHECKING:
    from models.cells import Cells

PRIOR: Final = 8.0
"""Imaginary verdicts behind every cell."""
HALF_LIFE: Final = 150_000.0
"""Weight of lessons after which a lesson counts half."""
START: Final = (1.0, 0.005)
"""Verdicts and frauds before the first lesson."""
_LARGE: Final = 1e6
ODD_PRIOR: Final = 20.0
"""Imaginary verdicts behind the cells of oddness, at the rate that `odd_lift` says."""


def odd_lift(cell: int) -> float:
    """What oddness is taken to say before verdicts say it: log of the lift, for cells of half a decade of the tail.

    One settlement in a hundred is taken to be 4 times as often a fraud as any, one in ten thousand 16 times.
    """
    return min(cell, 9) * 0.5 * math.log(2.0)


class Evidence(base.SupervisedTransformer):  # type: ignore[misc] # River is not typed
    """Turns cells into weights of evidence, by witness."""

    def __init__(self) -> None:
        self._tables: list[dict[int, list[float]]] = [{} for _ in WITNESSES]
        self._number, self._frauds = START
        #: What a lesson weighs now: weights grow instead of all counts fading.
        self._grown = 1.0

    @property
    def rate(self) -> float:
        """Share of fraud among recent lessons."""
        return self._frauds / self._number

    def transform_one(self, x: Cells) -> dict[int, float]:
        """Weight of evidence of each witness that has one."""
        prior = PRIOR * self._grown
        rate = self._frauds / self._number
        tables, log = self._tables, math.log
        weights = {}
        for witness, cell in x:
            counts = tables[witness].get(cell)
            if counts is not None:
                number, frauds = counts
                weights[witness] = log((frauds + prior * rate) / ((number + prior) * rate))
            elif witness == ODDNESS:
                weights[witness] = odd_lift(cell)
        return weights

    def learn_one(self, x: Cells, y: float, w: float = 1.0) -> None:
        """Count a verdict of weight `w` on every cell; `y` is 1 for fraud."""
        grown = self._grown = self._grown * 2.0 ** (w / HALF_LIFE)
        weight = grown * w
        fraud = weight * y
        self._number += weight
        self._frauds += fraud
        for witness, cell in x:
            table = self._tables[witness]
            counts = table.get(cell)
            if counts is None:
                table[cell] = counts = self._first(witness, cell)
            counts[0] += weight
            if fraud:
                counts[1] += fraud
        if grown > _LARGE:
            self._shrink()

    def _first(self, witness: int, cell: int) -> list[float]:
        if witness != ODDNESS:
            return [0.0, 0.0]
        number = ODD_PRIOR * self._grown
        return [number, number * self.rate * math.exp(odd_lift(cell))]

    def _shrink(self) -> None:
        """Bring all counts back to the size of numbers, and drop cells that have faded away."""
        grown = self._grown
        self._number, self._frauds, self._grown = self._number / grown, self._frauds / grown, 1.0
        for place, table in enumerate(self._tables):
            self._tables[place] = {
                cell: [number / grown, frauds / grown]
                for cell, (number, frauds) in table.items()
                if number / grown > _FADED
            }

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        tables = [[[cell, *counts] for cell, counts in table.items()] for table in self._tables]
        return {"tables": tables, "number": self._number, "frauds": self._frauds, "grown": self._grown}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Evidence:
        """Inverse of `to_plain`."""
        evidence = cls()
        evidence._tables = [{int(c): [float(n), float(f)] for c, n, f in table} for table in plain["tables"]]
        evidence._number, evidence._frauds, evidence._grown = plain["number"], plain["frauds"], plain["grown"]
        return evidence


_FADED: Final = 0.05
"""Of a verdict: a cell that weighs less is forgotten."""
