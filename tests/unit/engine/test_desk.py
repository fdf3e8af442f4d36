"""Events that wait for owners elsewhere: how many are in hand for how long, and when an owner is late."""

from __future__ import annotations

import random

from streams.contract.decode import decode_event
from streams.engine.desk import LATE_S
from streams.topology.partitions import area_partition
from tests.unit.engine.cluster import ANSWERS, EVENTS, OBSERVATIONS, Cluster
from tests.unit.engine.test_cluster import day, pack


def _two_workers() -> Cluster:
    raws, references = day(3)
    cluster = Cluster(pack(), references, 2)
    place = area_partition(2)
    for raw in raws:
        cluster.logs[EVENTS, place(decode_event(raw, arrived=None).mdtrtarea_admvs)].append(raw)
    cluster.distribute(2)
    return cluster


def test_events_are_in_hand_until_an_owner_is_late() -> None:
    """While owners answer, what waits counts, so that reading pauses; what waits for a silent one does not."""
    cluster = _two_workers()
    worker, owner = cluster.workers
    desk = worker.desk
    desk.overdue(100.0)
    while not desk.waiting:
        worker.step((EVENTS, 0))
    first = desk.waiting
    desk.overdue(100.5)
    assert desk.in_hand() == (first, 0.5)
    assert not desk.is_late(0)
    desk.overdue(100.0 + 2 * LATE_S)
    assert desk.is_late(0)
    assert desk.in_hand() == (0, 0.0)
    assert desk.waiting == first
    while owner.behind((OBSERVATIONS, 1)):
        owner.step((OBSERVATIONS, 1))
    cluster.run(random.Random(1))  # noqa: S311 - dice
    assert (desk.waiting, desk.in_hand()) == (0, (0, 0.0))
    assert not desk.is_late(0)


def test_nothing_is_previewed_twice() -> None:
    """However often what is overdue is looked for, a settlement gets one provisional answer."""
    cluster = _two_workers()
    worker, _ = cluster.workers
    while not worker.desk.waiting:
        worker.step((EVENTS, 0))
    for now in (10.0, 20.0, 30.0):
        worker.desk.overdue(now)
    assert all(len(answers) == 1 for answers in cluster.answers.values())


def test_what_could_be_decided_is_not_previewed() -> None:
    """Once its owner has answered, an overdue settlement is decided: a provisional answer would cost as much."""
    cluster = _two_workers()
    worker, owner = cluster.workers
    while not worker.desk.waiting:
        worker.step((EVENTS, 0))
    while owner.behind((OBSERVATIONS, 1)):
        owner.step((OBSERVATIONS, 1))
    while worker.behind((ANSWERS, 0)):
        worker.step((ANSWERS, 0))
    worker.desk.overdue(10.0)
    assert not cluster.answers
    worker.desk.go_on()
    assert len(cluster.answers) == 1
    assert not worker.desk.waiting
