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

from models.cells import ODDNESS, SHIFT, WITNESSES
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
SILENT: Final = 0.1
"""Log-odds: what would move a score by less is not said."""
MOST: Final = 30.0
"""Log-odds beyond which nothing is learned or said."""

Contributions = list[tuple[float, int]]
"""What is added to the log-odds, and the witness who says it."""


class Risk(Protocol):
    """A supervised model."""

    def score(self, cells: Cells) -> float:
        """Log-odds of fraud."""

    def learn(self, cells: Cells, label: float, weight: float) -> None:
        """Learn a verdict.

        Args:
            cells: The settlement's as it was scored.
            label: 1 fraud, 0 none.
            weight: How much the verdict counts.
        """

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""


def logit(probability: float) -> float:
    """Log-odds."""
    return math.log(probability / (1.0 - probability))


def probability(log_odds: float) -> float:
    """Inverse of `logit`, kept from 0 and 1."""
    kept = -MOST if log_odds < -MOST else min(MOST, log_odds)
    return 1.0 / (1.0 + math.exp(-kept))


class Champion:
    """Weights of evidence, added up by a regression."""

    def __init__(self) -> None:
        self.evidence = Evidence()
        self._regression = linear_model.LogisticRegression(
            optimizer=optim.SGD(RATE), intercept_lr=RATE, intercept_init=logit(START[1]), clip_gradient=4.0
        )
        self._trust = [TRUST] * ODDNESS + [1.0]
        start = VectorDict(dict(enumerate(self._trust)))
        self._regression._weights = start  # noqa: SLF001 - River starts all at one value

    def score(self, cells: Cells) -> float:
        """See `Risk.score`."""
        base, said = self.explain(cells)
        return base + sum(part for part, _ in said)

    def explain(self, cells: Cells) -> tuple[float, Contributions]:
        """The base, and what each witness adds to it."""
        weight_of, trust = self.evidence.weights.get, self._trust
        said = []
        for each in cells:
            weight = weight_of(each)
            if weight:
                witness = each >> SHIFT
                part = weight * trust[witness]
                if part > SILENT or part < -SILENT:
                    said.append((part, witness))
        return self._regression.intercept, said

    @property
    def base(self) -> float:
        """The log-odds of a settlement that nothing speaks against."""
        return float(self._regression.intercept)

    def trust(self) -> dict[str, float]:
        """How far each witness is believed."""
        return dict(zip(WITNESSES, self._trust, strict=True))

    def learn(self, cells: Cells, label: float, weight: float) -> None:
        """See `Risk.learn`: the regression learns from evidence that has not heard this verdict yet."""
        regression, said = self._regression, self.evidence.transform_one(cells)
        regression.learn_one(said, label, weight)
        weights, trust = regression._weights, self._trust  # noqa: SLF001 - the property copies them
        for witness in said:
            trust[witness] = weights[witness]
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
        for witness, trust in champion._regression.weights.items():
            champion._trust[witness] = trust
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
        return float(self._regression._raw_dot_one(dict.fromkeys(cells, 1.0)))  # noqa: SLF001 - the log-odds

    def learn(self, cells: Cells, label: float, weight: float) -> None:
        """See `Risk.learn`."""
        self._regression.learn_one(dict.fromkeys(cells, 1.0), label, weight)

    def to_plain(self) -> dict[str, Any]:
        """See `Risk.to_plain`."""
        return {"regression": plain_regression(self._regression)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Challenger:
        """Inverse of `to_plain`."""
        challenger = cls()
        restore_regression(challenger._regression, plain["regression"])
        return challenger


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
