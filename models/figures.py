"""How well scores rank what was found to be fraud: the figures that models are judged by.

Sources: ROC AUC is the Mann–Whitney statistic, ties counting half; average precision is the sum over thresholds of
(recall step × precision), as scikit-learn defines it; precision in the top of a day follows the card precision of the
Fraud Detection Handbook (Le Borgne et al., 2022): of the persons of a day, by their highest score, the first hundred,
of whom those count that had a fraud that day; whoever was found in this way is known, and left out on later days.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOP: Final = 100
"""Persons a day that can be looked into."""
CALIBRATION_BINS: Final = 10


class Judged(NamedTuple):
    """What was scored, column by column."""

    scores: NDArray[np.float64]
    labels: NDArray[np.int8]
    #: Beijing days.
    days: NDArray[np.int32]
    #: Numbers of persons.
    persons: NDArray[np.int64]
    scenarios: list[str | None]


def roc_auc(scores: NDArray[np.float64], labels: NDArray[np.int8]) -> float | None:
    """Chance that a fraud is scored above an innocent settlement; None if either is missing."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    ranks = (upto - (counts - 1) / 2.0)[inverse]
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


def average_precision(scores: NDArray[np.float64], labels: NDArray[np.int8]) -> float | None:
    """Area under precision over recall, by steps; None without frauds."""
    positives = int(labels.sum())
    if not positives:
        return None
    order = np.argsort(-scores, kind="stable")
    ordered, found = scores[order], np.cumsum(labels[order])
    last = np.r_[np.nonzero(np.diff(ordered))[0], len(ordered) - 1]
    hits = found[last].astype(float)
    steps = np.diff(np.r_[0.0, hits]) / positives
    return float((steps * hits / (last + 1.0)).sum())


def precision_at_top(judged: Judged, top: int = TOP) -> float | None:
    """Mean over days of the share of the day's `top` persons that had a fraud; None without days."""
    known: set[int] = set()
    shares = []
    for day in np.unique(judged.days):
        rows = np.nonzero(judged.days == day)[0]
        best: dict[int, float] = {}
        guilty: set[int] = set()
        for row in rows:
            person = int(judged.persons[row])
            if person in known:
                continue
            best[person] = max(best.get(person, -math.inf), float(judged.scores[row]))
            if judged.labels[row]:
                guilty.add(person)
        first = sorted(best, key=lambda person: -best[person])[:top]
        found = guilty.intersection(first)
        shares.append(len(found) / top)
        known |= found
    return float(np.mean(shares)) if shares else None


def recall_by_scenario(judged: Judged, share: float) -> dict[str, float]:
    """Of each scenario's frauds, the part among the highest-scored `share` of all settlements (ties included)."""
    wanted = max(1, math.ceil(share * len(judged.scores)))
    bound = np.partition(judged.scores, len(judged.scores) - wanted)[len(judged.scores) - wanted]
    # Nothing is found by a score that does not tell anything apart.
    found = judged.scores >= bound if bound > judged.scores.min() else judged.scores > bound
    counts: dict[str, list[int]] = {}
    for row in np.nonzero(judged.labels)[0]:
        tally = counts.setdefault(judged.scenarios[row] or "-", [0, 0])
        tally[0] += int(found[row])
        tally[1] += 1
    return {name: hits / number for name, (hits, number) in sorted(counts.items())}


def calibration(scores: NDArray[np.float64], labels: NDArray[np.int8]) -> list[dict[str, float]]:
    """What was promised and what came, in bins of about as many frauds each."""
    if not len(scores):
        return []
    order = np.argsort(scores, kind="stable")
    found = np.cumsum(labels[order])
    edges = np.searchsorted(found, np.linspace(0, found[-1], CALIBRATION_BINS + 1)[1:-1], side="left")
    return [
        {"events": len(part), "promised": float(scores[part].mean()), "found": float(labels[part].mean())}
        for part in np.split(order, edges)
        if len(part)
    ]


def figures(judged: Judged, share: float) -> dict[str, Any]:
    """All figures of one way of scoring."""
    return {
        "roc_auc": roc_auc(judged.scores, judged.labels),
        "average_precision": average_precision(judged.scores, judged.labels),
        "precision_at_100_per_day": precision_at_top(judged),
        "recall_by_scenario": recall_by_scenario(judged, share) if len(judged.scores) else {},
        "events": len(judged.scores),
        "positives": int(judged.labels.sum()),
    }
