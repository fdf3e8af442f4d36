"""How well rules find what is labelled: recall, precision and alert rate of each."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from streams.files import FileError, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_LABEL_BYTES = 65_536


class Label(msgspec.Struct, gc=False):
    """What is known of a settlement: whether a perfect screener would flag it, and under which rules."""

    setl_id: str
    label: int
    scenario: str | None = None
    also: list[str] = []
    """Further rules that rightly hit it."""


class Row(NamedTuple):
    """One rule's figures; a figure without a denominator is None."""

    rule_id: str
    positives: int
    found: int
    hits: int
    right: int
    settlements: int

    @property
    def recall(self) -> float | None:
        """Share of the labelled positives of its scenario that it hit."""
        return self.found / self.positives if self.positives else None

    @property
    def precision(self) -> float | None:
        """Share of its hits that the labels call right."""
        return self.right / self.hits if self.hits else None

    @property
    def alert_rate(self) -> float | None:
        """Hits for each settlement."""
        return self.hits / self.settlements if self.settlements else None


_decoder = msgspec.json.Decoder(Label)


def read_labels(path: str | Path) -> dict[str, Label]:
    """Labels by settlement.

    Raises:
        FileError: The file, or a line of it, cannot be read.
    """
    labels = {}
    for line in read_lines(path, MAX_LABEL_BYTES):
        if not line.data.strip():
            continue
        try:
            label = _decoder.decode(line.data)
        except msgspec.DecodeError as error:
            raise FileError(f"{path}:{line.number}: not a label: {error}") from None
        labels[label.setl_id] = label
    return labels


class Scoreboard:
    """Counts answers against labels; each settlement counts once."""

    def __init__(self, labels: dict[str, Label]) -> None:
        self._labels = labels
        self._positives = Counter(label.scenario for label in labels.values() if label.label == 1)
        self._found: Counter[str] = Counter()
        self._hits: Counter[str] = Counter()
        self._right: Counter[str] = Counter()
        self._settlements = 0
        self._ordinary = 0
        self._ordinary_alerts = 0

    def take(self, setl_id: str, rule_ids: Iterable[str]) -> None:
        """Count the first answer to a settlement."""
        label = self._labels.get(setl_id)
        hits = set(rule_ids)
        self._settlements += 1
        if label is None or label.scenario is None:
            self._ordinary += 1
            self._ordinary_alerts += bool(hits)
        for rule_id in hits:
            self._hits[rule_id] += 1
            if label is not None and (rule_id in label.also or (label.label == 1 and rule_id == label.scenario)):
                self._right[rule_id] += 1
        if label is not None and label.label == 1 and label.scenario in hits:
            self._found[label.scenario] += 1

    def rows(self) -> list[Row]:
        """The figures of every rule that hit or that a label names."""
        names = sorted({name for name in (*self._hits, *self._positives) if name is not None})
        return [
            Row(name, self._positives[name], self._found[name], self._hits[name], self._right[name], self._settlements)
            for name in names
        ]

    @property
    def recall(self) -> float | None:
        """Over all labelled positives."""
        positives = self._positives.total()
        return self._found.total() / positives if positives else None

    @property
    def ordinary_alert_rate(self) -> float | None:
        """Share of the settlements outside all scenarios that raised an alert."""
        return self._ordinary_alerts / self._ordinary if self._ordinary else None

    def report(self) -> str:
        """A table for people."""
        head = (
            f"{'rule':5} {'positives':>9} {'found':>7} {'recall':>7} {'hits':>7} {'precision':>9} {'alerts/1000':>11}"
        )
        lines = [head]
        for row in self.rows():
            rate = None if row.alert_rate is None else 1000 * row.alert_rate
            lines.append(
                f"{row.rule_id:5} {row.positives:11,} {row.found:11,} {_figure(row.recall):>11} {row.hits:11,} "
                f"{_figure(row.precision):>11} {_figure(rate):>11}"
            )
        lines.append(
            f"recall over all {_figure(self.recall)}; of settlements outside all scenarios "
            f"{_figure(self.ordinary_alert_rate, 6)} raised an alert"
        )
        return "\n".join(lines)


def _figure(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
