"""A cluster without Kafka: workers share partitions, logs carry what they say to each other, and anything may crash.

What is durable is what would be in Kafka: events, observations and answers by partition, committed offsets, settlement
rows (written when they change), and, written at a checkpoint, the answers given, then window rows, then how far those
have come. A crash may come between any two of these writes.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from streams.contract.decode import decode_event
from streams.engine.desk import Desk
from streams.engine.engine import Engine
from streams.engine.owner import Owner
from streams.engine.scoring import Scoring
from streams.state.answers import ANSWERS_PREFIX
from streams.state.rows import Position, decode_reached, decode_settlement, decode_window, encode_row
from streams.state.store import EFFECTS_PREFIX, Store, encoded
from streams.topology.partitions import area_partition
from tests.unit.engine.histories import KEY

if TYPE_CHECKING:
    import random

    from streams.engine.asks import Ask
    from streams.engine.references import References
    from streams.engine.waiting import Pending
    from streams.rules.specs import Pack
    from streams.state.rows import Contribution

EVENTS, OBSERVATIONS, ANSWERS = "events", "observations", "answers"
Place = tuple[str, int]
CHECKPOINTS = 0.5
"""How many workers come to a checkpoint before a crash, and how many of those to its end."""


class Cluster:
    """What survives any worker."""

    def __init__(self, pack: Pack, references: References, partitions: int) -> None:
        self.pack = pack
        self.references = references
        self.count = partitions
        self.logs: dict[Place, list[Any]] = defaultdict(list)
        self.committed: dict[Place, int] = defaultdict(int)
        self.windows: dict[int, dict[str, bytes]] = defaultdict(dict)
        #: Settlement rows in the order of their changes, and how far window rows have come.
        self.settlements: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
        self.reached: dict[int, bytes] = {}
        #: Every answer that was written, by settlement.
        self.answers: dict[str, list[bytes]] = defaultdict(list)
        self.failures: list[str] = []
        self.workers: list[Worker] = []

    def distribute(self, count: int) -> None:
        """Have so many new workers share the partitions; those before them are gone."""
        held: list[set[int]] = [set() for _ in range(count)]
        for number in range(self.count):
            held[number % count].add(number)
        self.workers = [Worker(self, numbers) for numbers in held]

    def everything_saved(self, chance: random.Random) -> None:
        """Have every worker stop in good order."""
        for worker in self.workers:
            worker.checkpoint(chance, broken=False)

    def run(self, chance: random.Random, *, crashes: float = 0.0, overdue: float = 0.0) -> None:
        """Take steps in any order until nothing is left to do."""
        steps = 0
        while True:
            able = [(worker, place) for worker in self.workers for place in worker.places() if worker.behind(place)]
            if not able:
                if any(worker.go_on() for worker in self.workers):
                    continue
                self._rest(chance)
                return
            worker, place = chance.choice(able)
            worker.step(place)
            worker.desk.go_on(chance.choice((0, 1, 2, math.inf)))
            steps += 1
            dice = chance.random()
            if dice < overdue:
                chance.choice(self.workers).desk.overdue(1e18)
            elif dice < overdue + crashes:
                for each in self.workers:
                    if chance.random() < CHECKPOINTS:
                        each.checkpoint(chance, broken=chance.random() < CHECKPOINTS)
                self.distribute(chance.randint(1, 3))
            elif dice < overdue + crashes + 0.05:
                chance.choice(self.workers).checkpoint(chance, broken=False)

    def _rest(self, chance: random.Random) -> None:
        """Nothing is left to do."""
        for worker in self.workers:
            if chance.random() < CHECKPOINTS:
                worker.checkpoint(chance, broken=False)
        assert not any(worker.desk.waiting for worker in self.workers)


class Worker:
    """Holds some partitions; is also the clerk of its desk."""

    def __init__(self, cluster: Cluster, held: set[int]) -> None:
        self.cluster = cluster
        self.store = Store(cluster.count, area_partition(cluster.count), self._on_settlement)
        self.store.hold(held)
        self.engine = Engine(cluster.pack, self.store, KEY, cluster.references, Scoring(self.store))
        self.owner = Owner(self.engine, self.store)
        self.desk = Desk(self.engine, self.store, self._post, self)
        self.read = {(EVENTS, n): cluster.committed[EVENTS, n] for n in held}
        for number, partition in self.store.partitions.items():
            for key, raw in cluster.settlements[number]:
                if not key.startswith(EFFECTS_PREFIX):
                    partition.settlements[key] = raw
            if number in cluster.reached:
                partition.reached = decode_reached(cluster.reached[number])
            self.read[OBSERVATIONS, number] = partition.reached.observations
            # What was answered before is asked again.
            self.read[ANSWERS, number] = len(cluster.logs[ANSWERS, number])
            for key, raw in cluster.windows[number].items():
                if key.startswith(ANSWERS_PREFIX):
                    partition.answers.restore(key, raw)
                else:
                    partition.windows[key] = raw
            for other in range(cluster.count):
                for _, raw in cluster.settlements[other][partition.reached.settled.get(other, 0) :]:
                    self.engine.folding.restore(number, decode_settlement(raw))
                partition.reached.settled[other] = len(cluster.settlements[other])
            partition.open = not self.behind((OBSERVATIONS, number))
        self._deferred: dict[int, deque[Ask]] = defaultdict(deque)
        self._opens = {number: len(cluster.logs[OBSERVATIONS, number]) for number in held}

    def places(self) -> list[Place]:
        return list(self.read)

    def behind(self, place: Place) -> bool:
        return self.read[place] < len(self.cluster.logs[place])

    def step(self, place: Place) -> None:
        """Handle the next record of a log."""
        topic, number = place
        offset = self.read[place]
        record = self.cluster.logs[place][offset]
        self.read[place] = offset + 1
        if topic == EVENTS:
            event = decode_event(record, arrived=None)
            self.desk.take(event, Position(number, offset), None, due=0.0)
        elif topic == OBSERVATIONS:
            ask, done, settled = record
            self.store.partitions[number].answers.release(ask.asker, done)
            answer = self.owner.take(number, ask)
            if answer is not None:
                if ask.asker in self.store.partitions:
                    self.desk.answered(ask.asker, ask.offset, number, answer)
                else:
                    self.cluster.logs[ANSWERS, ask.asker].append((ask.offset, number, answer))
            partition = self.store.partitions[number]
            partition.reached.observations = offset + 1
            for other, end in settled.items():
                partition.reached.settled[other] = max(end, partition.reached.settled.get(other, 0))
            if not partition.open and offset + 1 >= self._opens[number]:
                self._open(number)
        else:
            asked, owner, rows = record
            self.desk.answered(number, asked, owner, rows)

    def go_on(self) -> bool:
        """Decide all that can be decided; returns whether there was anything."""
        before = self.desk.waiting
        self.desk.go_on()
        return self.desk.waiting < before

    def checkpoint(self, chance: random.Random, *, broken: bool) -> None:
        """Make everything durable, or only the beginning of it."""
        cluster = self.cluster
        ends = dict(self.read)
        reached = {}
        for number, partition in self.store.partitions.items():
            if partition.open:
                partition.reached.settled |= self._settled()
            reached[number] = encode_row(partition.reached)
            first = self.desk.first_waiting(number)
            if first is not None:
                ends[EVENTS, number] = first
        writes = list(self.store.take_changed())
        answers = [
            (number, key, raw)
            for number, partition in self.store.partitions.items()
            for key, raw in partition.answers.take_changed()
        ]
        everything: list[tuple[int, str, bytes | None]] = [*answers, *writes]
        if broken:
            everything = everything[: chance.randint(0, len(everything))]
        for number, key, raw in everything:
            if raw is None:
                cluster.windows[number].pop(key, None)
            else:
                cluster.windows[number][key] = raw
        if not broken:
            cluster.reached |= reached
            cluster.committed.update(ends)
            for number in self.store.partitions:
                for owner in self.store.partitions.values():
                    owner.answers.release(number, ends[EVENTS, number])

    def _on_settlement(self, number: int, setl_id: str, row: bytes) -> None:
        self.cluster.settlements[number].append((setl_id, row))

    def _settled(self) -> dict[int, int]:
        return {number: len(self.cluster.settlements[number]) for number in self.store.partitions}

    def _post(self, owner: int, ask: Ask) -> bytes | None:
        if self.store.is_open(owner):
            return self.owner.take(owner, ask)
        if owner in self.store.partitions:
            self._deferred[owner].append(ask)
            return None
        done = self.cluster.committed[EVENTS, ask.asker]
        self.cluster.logs[OBSERVATIONS, owner].append((ask, done, self._settled()))
        return None

    def _open(self, number: int) -> None:
        deferred = self._deferred[number]
        while deferred:  # an answer may lead to more
            ask = deferred.popleft()
            answer = self.owner.take(number, ask)
            if answer is not None:
                self.desk.answered(ask.asker, ask.offset, number, answer)
        self.store.partitions[number].open = True
        self.desk.opened(number)

    def decide(self, pending: Pending, early: list[Contribution] | None) -> None:
        outcome = self.engine.screen(pending.event, pending.position, early)
        self.cluster.failures += [rule_id for rule_id, _ in outcome.failed]
        if outcome.answer is not None:
            self.cluster.answers[pending.event.setl_id or ""].append(outcome.answer)
        self._tell(pending)

    def preview(self, pending: Pending) -> None:
        outcome = self.engine.preview(pending.event, pending.position)
        self.cluster.answers[pending.event.setl_id or ""].append(outcome.answer or b"")

    def _tell(self, pending: Pending) -> None:
        for owner, ask in self.engine.folding.take_asks(pending.position):
            assert self._post(owner, ask) is None


def features(rows: dict[int, dict[str, bytes]], store: Store) -> dict[str, Any]:
    """The features of all rows, without the stamps."""
    found = {}
    for partition in store.partitions.values():
        partition.windows.update({k: v for number in rows for k, v in rows[number].items() if k[:2] != ANSWERS_PREFIX})
        for key, row in partition.windows.items():
            # As read back from bytes: entries are tuples before, lists after.
            kept = {name: state for name, state in decode_window(encoded(row)).features.items() if state}
            if kept:
                found[key] = kept
    return found
