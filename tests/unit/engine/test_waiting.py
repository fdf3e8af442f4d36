"""Events that wait for rows elsewhere ask as early as the order of each row allows, and no earlier."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast

from hypothesis import given
from hypothesis import strategies as st

from streams.contract.decode import decode_event
from streams.engine.waiting import Pending, Queue
from streams.state.rows import Position
from tests.unit.engine.cluster import EVENTS, Cluster
from tests.unit.engine.test_cluster import day, pack

if TYPE_CHECKING:
    from streams.contract.events import Event

ROWS = st.sets(st.sampled_from("abcd"), max_size=2)


class _Event:
    """As much of an event as a queue looks at."""

    event_type = "admission"


def _pending(offset: int, touches: set[str], changes: set[str]) -> Pending:
    pending = Pending(cast("Event", _Event()), Position(0, offset), None, 0.0)
    pending.touches, pending.changes = touches, changes
    return pending


def _must_wait(pending: Pending, before: list[Pending], decided: set[int]) -> bool:
    """Return the same by looking at all that came before."""
    mine = pending.touches | pending.changes
    return any(
        (mine & earlier.changes and earlier.position.offset not in decided)
        or (mine & (earlier.touches | earlier.changes) and not earlier.asked)
        for earlier in before
    )


@given(st.lists(st.tuples(ROWS, ROWS), max_size=20), st.integers(0, 1_000_000))
def test_an_event_waits_for_those_before_it_in_its_rows(concerned: list[tuple[set[str], set[str]]], seed: int) -> None:
    """Whenever what is decided, exactly those have asked that nothing before them keeps from it."""
    dice = random.Random(seed)  # noqa: S311 - dice
    queue = Queue()
    placed: list[Pending] = []
    decided: set[int] = set()

    def ask(first: Pending) -> None:
        able = [first]
        for pending in able:
            assert not pending.asked
            pending.asked = True
            able.extend(queue.asked(pending))

    def decide() -> None:
        pending = queue.popleft()
        assert pending.asked
        decided.add(pending.position.offset)
        for follower in queue.decided(pending):
            ask(follower)

    for offset, (touches, changes) in enumerate(concerned):
        pending = _pending(offset, touches, changes)
        placed.append(pending)
        if queue.append(pending):
            ask(pending)
        while queue.events and dice.random() < 0.4:
            decide()
        for number, each in enumerate(placed):
            assert each.asked != _must_wait(each, placed[:number], decided)
    while queue.events:
        decide()


def test_what_cannot_be_asked_does_not_stand_in_the_way(monkeypatch: Any) -> None:
    """A feature that raises costs the event that it raises for; those behind it are decided."""
    raws, references = day(3)
    cluster = Cluster(pack(), references, 1)
    cluster.distribute(1)
    (worker,) = cluster.workers
    cluster.logs[EVENTS, 0] += raws[:2]
    worker.store.partitions[0].open = False
    told: list[tuple[int, bool]] = []

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    def decide(pending: Pending, early: object) -> None:
        told.append((pending.position.offset, early is None))

    with monkeypatch.context() as broken:
        broken.setattr(worker.engine.plan, "early", fail)
        worker.step((EVENTS, 0))
    worker.step((EVENTS, 0))
    monkeypatch.setattr(worker, "decide", decide)
    worker.store.partitions[0].open = True
    worker.desk.opened(0)
    while worker.desk.go_on():
        pass
    assert decode_event(raws[0], arrived=None).event_type != "reversal"
    assert told == [(0, True), (1, False)]
