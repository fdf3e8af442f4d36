"""The supervised models: how likely a settlement is a confirmed fraud, learned from verdicts.

Both are River logistic regressions, and linear on the log-odds scale, so that what moved a score is a sum and nothing
else. The *champion* reads weights of evidence (`models.evidence`): a regression on a few dozen numbers that already
point the right way settles within hundreds of verdicts, and corrects what witnesses say twice. The *challenger* reads
the bare cells: it assumes less and needs more verdicts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from river import linear_model, optim
from river.utils import VectorDict

from models.cells import ODDNESS, WITNESSES
from models.evidence import START, Evidence

if TYPE_CHECKING:
    from models.cells import Cells

RATE: Final = 0.005
"""Step of the champion's regression."""
TRUST: Final = 0.25
"""What each witness counts before verdicts: there are about four that say much the same."""
CHALLENGER_RATE: Final = 0.02
CHALLENGER_DECAY: Final = 1e-6
"""L2 of the challenger."""
MOST: Final = 30.0
"""Log-odds beyond which nothing is learned or said."""

Contributions = list[tuple[str, float]]


class Risk(Protocol):
    """A supervised model."""

    def score(self, cells: Cells) -> float:
        """Log-odds of fraud."""

    def learn(self, cells: Cells, label: float, weight: float, *, sampled: float) -> None:
        """Learn a verdict.

        Args:
            cells: The settlement's as it was scored.
            label: 1 fraud, 0 none.
            weight: How much the verdict counts.
            sampled: What it counts in the regression: ordinary settlements are so many that one in some stands for
                all, and counts for all; 0 = another stands for it.
        """

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""


def logit(probability: float) -> float:
    """Log-odds."""
    return math.log(probability / (1.0 - probability))


def probability(log_odds: float) -> float:
    """Inverse of `logit`, kept from 0 and 1."""
    return 1.0 / (1.0 + math.exp(-min(MOST, max(-MOST, log_odds))))


class Champion:
    """Weights of evidence, added up by a regression."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(RATE), intercept_lr=RATE, intercept_init=logit(START[1]), clip_gradient=4.0
        )
        trust = dict.fromkeys(range(len(WITNESSES)), TRUST) | {ODDNESS: 1.0}
        self._regression._weights = VectorDict(trust)  # noqa: SLF001 - River starts all at one value

    def score(self, cells: Cells) -> float:
        """See `Risk.score`."""
        return float(self._regression._raw_dot_one(self.evidence.transform_one(cells)))  # noqa: SLF001 - the log-odds

    def explain(self, cells: Cells) -> tuple[float, Contributions]:
        """The log-odds of a settlement with nothing odd about it, and what each witness adds to them."""
        regression = self._regression
        weights = regression._weights  # noqa: SLF001 - the property copies them
        said = self.evidence.transform_one(cells)
        return float(regression.intercept), [(WITNESSES[name], weights[name] * said[name]) for name in said]

    def trust(self) -> dict[str, float]:
        """How far each witness is believed."""
        return {WITNESSES[witness]: float(weight) for witness, weight in self._regression.weights.items()}

    def learn(self, cells: Cells, label: float, weight: float, *, sampled: float) -> None:
        """See `Risk.learn`: the regression learns from evidence that has not heard this verdict yet."""
        if sampled:
            self._regression.learn_one(self.evidence.transform_one(cells), label, sampled)
        self.evidence.learn_one(cells, label, weight)

    def to_plain(self) -> dict[str, Any]:
        """See `Risk.to_plain`."""
        return {"evidence": self.evidence.to_plain(), "regression": plain_regression(self._regression)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Champion:
        """Inverse of `to_plain`."""
        champion = cls()
        champion.evidence = Evidence.from_plain(plain["evidence"])
        restore_regression(champion._regression, plain["regression"])
        return champion


class Challenger:
    """A regression on the cells themselves."""

    def __init__(self) -> None:
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(CHALLENGER_RATE),
            intercept_lr=RATE,
            intercept_init=logit(START[1]),
            l2=CHALLENGER_DECAY,
            clip_gradient=4.0,
        )

    def score(self, cells: Cells) -> float:
        """See `Risk.score`."""
        return float(self._regression._raw_dot_one(_names(cells)))  # noqa: SLF001 - the log-odds

    def learn(self, cells: Cells, label: float, weight: float, *, sampled: float) -> None:  # noqa: ARG002 - the port's
        """See `Risk.learn`."""
        if sampled:
            self._regression.learn_one(_names(cells), label, sampled)

    def to_plain(self) -> dict[str, Any]:
        """See `Risk.to_plain`."""
        return {"regression": plain_regression(self._regression)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Challenger:
        """Inverse of `to_plain`."""
        challenger = cls()
        restore_regression(challenger._regression, plain["regression"])
        return challenger


_PAIR: Final = 1_000_000


def _names(cells: Cells) -> dict[int, float]:
    return {witness * _PAIR + cell: 1.0 for witness, cell in cells}


def plain_regression(regression: Any) -> dict[str, Any]:
    """Weights, intercept and number of steps of a River regression."""
    weights = [[int(name), float(weight)] for name, weight in regression.weights.items()]
    return {
        "weights": weights,
        "intercept": float(regression.intercept),
        "steps": int(regression.optimizer.n_iterations),
    }


def restore_regression(regression: Any, plain: dict[str, Any]) -> None:
    """Inverse of `plain_regression`, into a regression of the same making."""
    regression._weights = VectorDict({int(name): float(weight) for name, weight in plain["weights"]})  # noqa: SLF001
    regression.intercept = float(plain["intercept"])
    regression.optimizer.n_iterations = int(plain["steps"])
