"""What each rule and each feature of the shipped pack costs a settlement, and what many rules cost beside few.

Run: `python -m tests.bench rules`. A simulated province is screened first, so that windows are full. Then a rule's cost
is what the evaluator takes with that rule alone, less what it takes with none; a feature's what observing and folding
takes with that feature alone, less none. Rules are really compiled together: their sum is more than all of them
together take, the share of each is what counts. Every figure is the best of interleaved rounds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from streams.contract.decode import decode_event
from streams.engine.context import EvaluationContext
from streams.engine.engine import Engine
from streams.engine.evaluate import Evaluator
from streams.engine.folding import Folding
from streams.features.plan import FeaturePlan
from streams.memory import spare_long_lived_objects
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.rows import Position
from streams.state.store import Store
from tests.registries import registries

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event
    from streams.rules.specs import FeatureSpec, Pack

WARM: Final = 10_000
MEASURED: Final = 3_000
ROUNDS: Final = 3
FEW, MANY = 50, 250
KEY: Final = b"a key of benchmarks"

POLICY: Final = """\
version: "bench"
policy:
  severity:
    1: {action: hold, score: 80}
    2: {action: review, score: 50}
    3: {action: remind, score: 20}
features:
  visits: {doc: 就诊, scope: person, each: settlement, aggregate: count, window: 30 d}
  spent: {doc: 支出, scope: institution, each: settlement, aggregate: sum, of: event.medfee_sumamt, window: 7 d}
rules:
"""
SYNTHETIC: Final = (
    ("settlement", "visits.count > {n} + 100 and event.medfee_sumamt > yuan({n})"),
    ("settlement", "event.fund_pay_sumamt > yuan({n}) * 1000 and starts_with(event.med_type, '{n}')"),
    ("line", "line.pric > {n} * price(100000) and line.cnt > 1"),
    ("line", "starts_with(line.med_list_codg, 'N{n}') and line.amount > yuan({n})"),
    ("settlement", "spent.sum > yuan({n}) * 1000000000"),
)
"""Conditions of synthetic rules, in turn."""


class World:
    """A screened province and its latest settlements."""

    def __init__(self) -> None:
        simulation = Simulation(SimulationConfig(events=WARM + MEASURED, days=30))
        self.references = registries(simulation)
        self.pack = load_pack(shipped("rules"), shipped("knowledge"))
        self.store = Store()
        self.store.hold({0})
        engine = Engine(self.pack, self.store, KEY, self.references)
        self.plan = engine.plan
        self.events: list[Event] = []
        for offset, simulated in enumerate(simulation):
            event = decode_event(simulated.raw, arrived=None)
            engine.screen(event, Position(0, offset))
            if offset >= WARM and event.event_type == "settlement":
                self.events.append(event)
        spare_long_lived_objects()

    def evaluating(self, pack: Pack) -> Callable[[], None]:
        """What evaluates a pack's rules on the latest settlements, over the windows as they are."""
        evaluator = Evaluator(pack)

        def work() -> None:
            for event in self.events:
                evaluator.run(event, EvaluationContext(event, self.store, self.plan, self.references))

        return work

    def folding(self, specs: list[FeatureSpec]) -> Callable[[], None]:
        """What observes and folds some features, into windows of their own."""

        def work() -> None:
            store = Store()
            store.hold({0})
            plan = FeaturePlan(specs)
            folding = Folding(store, plan)
            for offset, event in enumerate(self.events):
                context = EvaluationContext(event, store, plan, self.references)
                folding.apply(plan.contributions(event, context), Position(0, offset))

        return work


def main() -> None:
    """Print the dearest rules and features, and the ratio of many rules to few."""
    world = World()
    rules = {rule.rule_id: world.evaluating(replace(world.pack, rules=(rule,))) for rule in world.pack.rules}
    rules[""] = world.evaluating(replace(world.pack, rules=()))
    rules["all together"] = world.evaluating(world.pack)
    _table(f"{len(world.pack.rules)} rules", _measured(rules), len(world.events))
    specs = {spec.name: spec for spec in world.pack.features}
    # A feature that looks at another needs it; what keeps nothing costs nothing here.
    kept = [spec for spec in specs.values() if spec.aggregate != "past"]
    logs = [spec for spec in kept if spec.scope == "trace_code"]
    features = {spec.name: world.folding([*logs, spec] if spec.derived else [spec]) for spec in kept}
    features[""] = world.folding([])
    features["all together"] = world.folding(list(specs.values()))
    _table(f"{len(kept)} features", _measured(features), len(world.events))
    _many(world)


def _many(world: World) -> None:
    """Compare packs of few and of many synthetic rules."""
    works = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in (FEW, MANY):
            path = Path(folder) / str(number)
            path.mkdir()
            rules = [_rule(n, *SYNTHETIC[n % len(SYNTHETIC)]) for n in range(number)]
            (path / "pack.yaml").write_text(POLICY + "".join(rules), encoding="utf-8")
            works[str(number)] = _screening(world, load_pack(path))
        few, many = _measured(works).values()
    sys.stdout.write(
        f"{FEW} synthetic rules {few / len(world.events) * 1e6:.1f} us/settlement, "
        f"{MANY} {many / len(world.events) * 1e6:.1f}, ratio {many / few:.2f}\n"
    )


def _rule(number: int, each: str, when: str) -> str:
    body = f"name: 规则, each: {each}, severity: 3, message: '第{number}条'"
    return f'  N{number}: {{{body}, when: "{when.format(n=number + 1)}"}}\n'


def _screening(world: World, pack: Pack) -> Callable[[], None]:
    def work() -> None:
        store = Store()
        store.hold({0})
        engine = Engine(pack, store, KEY, world.references)
        for offset, event in enumerate(world.events):
            engine.screen(event, Position(0, offset))

    return work


def _measured(works: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Best seconds of each work, in interleaved rounds; the first round, which compiles, is not counted."""
    best: dict[str, float] = {}
    for count in range(ROUNDS + 1):
        for name, work in works.items():
            begun = time.process_time()
            work()
            taken = time.process_time() - begun
            best[name] = min(best.get(name, taken), taken) if count else float("inf")
    return best


def _table(title: str, seconds: dict[str, float], settlements: int) -> None:
    nothing = seconds.pop("")
    sys.stdout.write(f"{title}, us/settlement (with none of them: {nothing / settlements * 1e6:.1f})\n")
    for name, taken in sorted(seconds.items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"  {name:26} {(taken - nothing) / settlements * 1e6:7.2f}\n")
