"""What the model costs for each settlement: `python -m tests.bench scoring`, processor time, by part.

Measured twice, in one run. *In the engine*: with the whole shipped pack, reading the inputs included, each time after
all else that is done for a settlement, when little of the model is left in the processor's caches; beside it is what
`orjson.loads` of the same bytes costs in the same place. *Alone*: the same settlements and verdicts once more, one
after the other, the inputs read before; beside it are River's scaled logistic regression and standard scaler, which
predict and learn from the same inputs.

The settlements are simulated, each with a verdict a day later; `PAYMENTS` names the file of the Fraud Detection
Handbook's payments (`tests.bench.payments`), of which the first six days are taken.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING

import orjson
from river import linear_model, optim, preprocessing

from models import baseline
from models.inputs import NAMES
from models.lessons import Verdict
from models.online import OnlineModel, kind_of
from streams.contract.decode import decode_event
from streams.contract.time import DAY_MS
from streams.engine.engine import Engine
from streams.evaluation import Label
from streams.memory import spare_long_lived_objects
from streams.prequential import Prequential, TimedScoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.store import Store
from tests.bench.payments import event, label_of, payments

if TYPE_CHECKING:
    from models.inputs import Values
    from models.lessons import Lesson
    from streams.contract.events import Event
    from streams.contract.results import Violation
    from streams.engine.context import EvaluationContext
    from streams.engine.scoring import Opinion

    Step = Lesson | tuple[Event, Values, float]
    """A verdict, or a settlement with its inputs and what it weighed when its area learned it."""

SETTLEMENTS = 60_000
DAYS = 6
RATE = 0.01


class Recording(TimedScoring):
    """Scoring that keeps what it was asked and taught, in order."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.steps: list[Step] = []

    def ask(self, event: Event, context: EvaluationContext, number: int, live: list[Violation]) -> Opinion | None:
        """See `Scoring.ask`."""
        opinion = super().ask(event, context, number, live)
        if opinion is not None:
            example = opinion.example
            self.steps.append((event, example.values, example.weight))
        return opinion

    def teach(self, lesson: Lesson) -> None:
        """See `TimedScoring.teach`."""
        super().teach(lesson)
        self.steps.append(lesson)


def settlements() -> tuple[list[bytes], dict[str, Label]]:
    """Events and verdicts."""
    path = os.environ.get("PAYMENTS")
    if path:
        rows = list(islice(payments(path), SETTLEMENTS))
        return [orjson.dumps(event(row)) for row in rows], {f"S{row['TRANSACTION_ID']}": label_of(row) for row in rows}
    raws, labels = [], {}
    for simulated in Simulation(SimulationConfig(events=SETTLEMENTS, days=DAYS)):
        raws.append(simulated.raw)
        said = simulated.label
        if said is not None:
            labels[said.setl_id] = Label(said.setl_id, said.label, said.scenario)
    return raws, labels


def in_the_engine(raws: list[bytes], labels: dict[str, Label]) -> Recording:
    """Replay everything, and print what the model cost in the midst of it."""
    store = Store()
    store.hold({0})
    scoring = Recording(store)
    engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), store, b"a key of benches", scoring=scoring)
    run = Prequential(engine, store, labels, DAY_MS)
    spare_long_lived_objects()
    loading = 0
    for raw in raws:
        begun = time.thread_time_ns()
        orjson.loads(raw)
        loading += time.thread_time_ns() - begun - scoring.clock_ns
        run.take(decode_event(raw, arrived=None))
    if scoring.errors:
        sys.exit(f"the model failed at {scoring.errors} settlements: there is nothing to measure")
    report = run.report()
    whole, parts = report["microseconds_per_event"], report["microseconds_by_part"]
    told = ", ".join(f"{name} {cost}" for name, cost in parts.items())
    ratio = whole / (loading / 1000 / len(raws))
    sys.stdout.write(f"in the engine: {whole} µs a settlement ({told}), {ratio:.1f} × orjson.loads in the same place\n")
    return scoring


def alone(steps: list[Step]) -> float:
    """Scoring, learning what is normal and learning verdicts, one after the other: µs in all."""
    model, states = OnlineModel(), dict[str, baseline.State]()
    begun = time.process_time_ns()
    for step in steps:
        if not isinstance(step, tuple):
            model.learn(step)
            continue
        found, values, weight = step
        key = found.mdtrtarea_admvs + kind_of(found)
        state = states.get(key)
        if state is None:
            state = states[key] = baseline.new_state()
        example = model.score(found, values, state).example
        baseline.learn(state, values, example.odd, example.risk, weight)
    return (time.process_time_ns() - begun) / 1000


def river(steps: list[Step]) -> float:
    """River's scaled logistic regression on the same inputs, predicting and learning: µs in all."""
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(RATE))
    rows = [
        (step[1], None) if isinstance(step, tuple) else (step.example.values, int(step.verdict == Verdict.CONFIRMED))
        for step in steps
    ]
    begun = time.process_time_ns()
    for values, label in rows:
        inputs = {name: value for name, value in zip(NAMES, values, strict=True) if value is not None}
        if label is None:
            model.predict_proba_one(inputs)
        else:
            model.learn_one(inputs, label)
    return (time.process_time_ns() - begun) / 1000


def main() -> None:
    """Print a line for each way."""
    steps = in_the_engine(*settlements()).steps
    verdicts = [step for step in steps if not isinstance(step, tuple)]
    number = len(steps) - len(verdicts)
    spare_long_lived_objects()
    before = river(steps)
    ours, teaching = alone(steps) / number, alone(verdicts) / number
    plain = (before + river(steps)) / 2 / number
    sys.stdout.write(
        f"alone: {ours:.1f} µs a settlement (score and normal {ours - teaching:.1f}, verdicts {teaching:.1f}), "
        f"{ours / plain:.2f} × River's scaled logistic regression on the same inputs ({plain:.1f} µs)\n"
    )
