"""The online model against a forest trained beforehand, on the same rows: `python -m tests.bench model`.

`PAYMENTS` names the file of the Fraud Detection Handbook's simulated payments (see `tests.bench.payments`); without it
there is nothing to measure. For each judged week, the forest is trained on seven days that end seven days before
(labels are that late) and reads the handbook's windowed features; the online model has seen everything before, with
labels seven days late, and meets the week for the first time. All weeks are of one replay, with the features that the
model reads and no rules, so that it takes minutes; `prewarn models evaluate` replays with the whole pack.

`WEEKS` names the first days of the weeks, counted from the first of the file; without it, every week is judged that
leaves the model a month before.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import orjson
from sklearn.ensemble import RandomForestClassifier

from models.figures import Judged, figures
from models.reading import FEATURES, OF_LINES
from streams.contract.decode import decode_event
from streams.contract.time import DAY_MS
from streams.engine.engine import Engine
from streams.memory import spare_long_lived_objects
from streams.prequential import RECALL_SHARE, Prequential, TimedScoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.state.store import Store
from tests.bench.payments import event, label_of, payments

if TYPE_CHECKING:
    from streams.rules.specs import Pack

WEEK = 7
MONTH = 32
"""Days that the model has before the first judged week: a month, and the week that the forest needs fits in."""
WINDOWS_S = tuple(days * 86_400 for days in (1, 7, 30))
DELAY_S = WEEK * 86_400
TREES = 100
NIGHT, SATURDAY = 6, 5
FIGURES = ("roc_auc", "average_precision", "precision_at_100_per_day")


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


def handbook_features(rows: list[dict[str, str]]) -> np.ndarray:
    """Amount, weekend, night, the customer's counts and means, the terminal's counts and risks as known by then."""
    customers: dict[str, Windows] = defaultdict(lambda: Windows(0))
    terminals: dict[str, Windows] = defaultdict(lambda: Windows(DELAY_S))
    late: deque[tuple[int, str, float]] = deque()
    found = []
    for row in rows:
        now, amount, terminal = int(row["TX_TIME_SECONDS"]), float(row["TX_AMOUNT"]), row["TERMINAL_ID"]
        while late and late[0][0] <= now - DELAY_S:
            known, whose, fraud = late.popleft()
            terminals[whose].add(known, fraud)
        customers[row["CUSTOMER_ID"]].add(now, amount)
        day, second = divmod(now, 86_400)
        weekend = float((day + 6) % WEEK >= SATURDAY)  # the file begins on a Sunday
        head = [amount, weekend, float(second <= NIGHT * 3_600)]
        found.append(head + customers[row["CUSTOMER_ID"]].read(now) + terminals[terminal].read(now))
        late.append((now, terminal, float(row["TX_FRAUD"])))
    return np.array(found, dtype=np.float32)


def read_by_the_model(pack: Pack) -> Pack:
    """The pack with the features that the model reads, and no rules."""
    names = {*FEATURES, *OF_LINES}
    bases = {feature.base for feature in pack.features if feature.name in names}
    read = tuple(feature for feature in pack.features if feature.name in names or feature.name in bases)
    return replace(pack, features=read, rules=())


def replay(rows: list[dict[str, str]], pack: Pack, delay: int) -> Prequential:
    """The online model through the payments, with labels so many milliseconds late."""
    store = Store()
    store.hold({0})
    engine = Engine(pack, store, b"a key of benches", scoring=TimedScoring(store))
    labels = {f"S{row['TRANSACTION_ID']}": label_of(row) for row in rows}
    run = Prequential(engine, store, labels, delay)
    for row in rows:
        run.take(decode_event(orjson.dumps(event(row)), arrived=None))
    if run.scoring.errors:
        sys.exit(f"the model failed at {run.scoring.errors} payments: there is nothing to compare")
    return run


def main() -> None:
    """Print a line for each week and way."""
    path = os.environ.get("PAYMENTS")
    if not path:
        sys.stdout.write("PAYMENTS names no file: nothing to measure\n")
        return
    rows = list(payments(path))
    spare_long_lived_objects()
    pack = load_pack(shipped("rules"), shipped("knowledge"))
    run = replay(rows, read_by_the_model(pack), WEEK * DAY_MS)
    features = handbook_features(rows)
    judged = run.judged("model")
    days = judged.days - judged.days.min()
    chosen = os.environ.get("WEEKS")
    firsts = [int(day) for day in chosen.split(",")] if chosen else range(MONTH, int(days.max()) - WEEK + 2, WEEK)
    for first in firsts:
        taught = np.nonzero((days >= first - 2 * WEEK) & (days < first - WEEK))[0]
        week = np.nonzero((days >= first) & (days < first + WEEK))[0]
        forest = RandomForestClassifier(TREES, random_state=0).fit(features[taught], judged.labels[taught])
        scores = {"online": judged.scores[week], "forest": forest.predict_proba(features[week])[:, 1]}
        scenarios = [judged.scenarios[row] for row in week]
        for way, said in scores.items():
            part = Judged(said, judged.labels[week], judged.days[week], judged.persons[week], scenarios)
            found = figures(part, RECALL_SHARE)
            told = "  ".join(f"{name} {found[name]:.4f}" for name in FIGURES)
            sys.stdout.write(f"week of day {first:2} {way:6} {told}\n")
            sys.stdout.flush()
