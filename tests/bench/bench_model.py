"""The online model against a forest trained beforehand, on the same rows: `python -m tests.bench model`.

`PAYMENTS` names the file of the Fraud Detection Handbook's simulated payments (see `tests.bench.payments`); without it
there is nothing to measure. For each judged week, the forest is trained on seven days that end seven days before
(labels are that late) and reads the handbook's windowed features; the online model has seen everything before, with
labels seven days late. `WEEKS` names the first days of the weeks, counted from the first of the file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict, deque
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from models.figures import Judged, figures
from streams.cli.models import read_events
from streams.contract.decode import Limits
from streams.contract.time import DAY_MS
from streams.engine.engine import Engine
from streams.evaluation import read_labels
from streams.prequential import RECALL_SHARE, Prequential, TimedScoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.state.store import Store
from tests.bench.payments import convert, payments

WEEK = 7
WINDOWS_S = tuple(days * 86_400 for days in (1, 7, 30))
DELAY_S = WEEK * 86_400
TREES = 100
NIGHT, SATURDAY = 6, 5


class Windows:
    """Count and mean of what fell into each of `WINDOWS_S`, ending `delay` seconds before now."""

    def __init__(self, delay: int) -> None:
        self._delay = delay
        self._parts = [deque[tuple[int, float]]() for _ in WINDOWS_S]
        self._sums = [0.0] * len(WINDOWS_S)

    def add(self, now: int, value: float) -> None:
        for place, part in enumerate(self._parts):
            part.append((now, value))
            self._sums[place] += value

    def read(self, now: int) -> list[float]:
        found = []
        for place, (part, length) in enumerate(zip(self._parts, WINDOWS_S, strict=True)):
            while part and part[0][0] <= now - self._delay - length:
                self._sums[place] -= part.popleft()[1]
            found += [float(len(part)), self._sums[place] / len(part) if part else 0.0]
        return found


def handbook_features(path: str) -> np.ndarray:
    """Amount, weekend, night, the customer's counts and means, the terminal's counts and risks as known by then."""
    customers: dict[str, Windows] = defaultdict(lambda: Windows(0))
    terminals: dict[str, Windows] = defaultdict(lambda: Windows(DELAY_S))
    late: deque[tuple[int, str, float]] = deque()
    rows = []
    for row in payments(path):
        now, amount, terminal = int(row["TX_TIME_SECONDS"]), float(row["TX_AMOUNT"]), row["TERMINAL_ID"]
        while late and late[0][0] <= now - DELAY_S:
            known, whose, fraud = late.popleft()
            terminals[whose].add(known, fraud)
        customers[row["CUSTOMER_ID"]].add(now, amount)
        day, second = divmod(now, 86_400)
        weekend = float((day + 6) % WEEK >= SATURDAY)  # the file begins on a Sunday
        head = [amount, weekend, float(second <= NIGHT * 3_600)]
        rows.append(head + customers[row["CUSTOMER_ID"]].read(now) + terminals[terminal].read(now))
        late.append((now, terminal, float(row["TX_FRAUD"])))
    return np.array(rows, dtype=np.float32)


def replay(path: str) -> Prequential:
    """The online model through the whole file."""
    with tempfile.TemporaryDirectory() as folder:
        events, labels = Path(folder, "events.jsonl"), Path(folder, "labels.jsonl")
        convert(path, events, labels)
        store = Store()
        store.hold({0})
        pack = load_pack(shipped("rules"), shipped("knowledge"))
        engine = Engine(pack, store, b"a key of benches", scoring=TimedScoring(store))
        run = Prequential(engine, store, read_labels(labels), WEEK * DAY_MS)
        for event in read_events(str(events), Limits()):
            run.take(event)
    return run


def main() -> None:
    """Print a line for each week and way."""
    path = os.environ.get("PAYMENTS")
    if not path:
        sys.stdout.write("PAYMENTS names no file: nothing to measure\n")
        return
    features = handbook_features(path)
    run = replay(path)
    ways = {way: run.judged(way) for way in ("model", "both")}
    judged = ways["model"]
    days = judged.days - judged.days.min()
    for first in map(int, os.environ.get("WEEKS", "39,46,53").split(",")):
        taught = np.nonzero((days >= first - 2 * WEEK) & (days < first - WEEK))[0]
        rows = np.nonzero((days >= first) & (days < first + WEEK))[0]
        forest = RandomForestClassifier(TREES, random_state=0).fit(features[taught], judged.labels[taught])
        scores = {way: each.scores[rows] for way, each in ways.items()}
        scores["forest"] = forest.predict_proba(features[rows])[:, 1]
        for way, said in scores.items():
            scenarios = [judged.scenarios[row] for row in rows]
            part = Judged(said, judged.labels[rows], judged.days[rows], judged.persons[rows], scenarios)
            found = figures(part, RECALL_SHARE)
            names = ("roc_auc", "average_precision", "precision_at_100_per_day")
            told = "  ".join(f"{name} {found[name]:.4f}" for name in names)
            sys.stdout.write(f"week of day {first:2} {way:6} {told}\n")
    cost = run.report()["microseconds_per_event"]
    sys.stdout.write(f"score and learn: {cost} µs an event\n")
