"""What a worker does when something that it leans on is wrong: what has no test of its own elsewhere.

Elsewhere are records that cannot be screened (`test_bad_input`), a rule that raises (`tests.unit.engine.test_engine`),
a rule that hits far too often (`tests.unit.topology.test_guard`), a pack with a mistake (`test_deployment`), a model
that fails or is paused (`tests.unit.engine.test_scoring`; it is asked by a function call with a bounded number of
steps, so it cannot be late), brokers that go away (`test_outage`), a state that is lost (`test_worker`, `tests.chaos`).
"""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from streams.topology.partitions import area_partition
from streams.topology.sink import EXIT_UNDELIVERED
from tests.stream.scene import traffic, violations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kafka.client import Record
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLES: Final = Path("tests/contract/examples/valid-events.jsonl")

A_DAY_AND_A_HALF_AHEAD: Final = (
    "import time",
    "right = time.time",
    "time.time = lambda: right() + 129_600",
    "from streams import cli",
    "cli.main(['worker'])",
)
"""A worker on a machine whose clock is wrong."""


def of_every_partition(partitions: int) -> list[bytes]:
    """Return a settlement for each partition; its trace codes live in all of them."""
    example = json.loads(EXAMPLES.read_text("utf-8").splitlines()[0])
    partition_of = area_partition(partitions)
    areas = {partition_of(area): area for area in map(str, range(310_101, 310_160))}
    events = []
    for number in range(partitions):
        codes = [{"drug_trac_codg": f"8{number}{code:018d}", "trdn_flag": "0"} for code in range(5 * partitions)]
        lines = [example["feedetail"][0], example["feedetail"][1] | {"cnt": len(codes), "drug_trac_info": codes}]
        names = {"setl_id": f"S{number}", "event_id": f"E{number}", "mdtrtarea_admvs": areas[number]}
        events.append(json.dumps(example | names | {"feedetail": lines}).encode())
    return events


def test_a_late_owner_holds_up_no_answer(scene: Scene) -> None:
    """While an owner stands still its askers answer by the deadline what can be said, and revise it when it answers."""
    workers = [scene.started(session_timeout=30), scene.started(session_timeout=30)]
    for worker in workers:
        worker.wait_ready()
    assert [worker.metric("prewarn_assigned_partitions") for worker in workers] == [2, 2]
    workers[0].signal(signal.SIGSTOP)
    events = of_every_partition(4)
    scene.send(events)
    early = [json.loads(record.value or b"") for record in scene.results(2)]
    assert [(result["status"], result["revision"]) for result in early] == [("partial", 1)] * 2
    assert all("windows" in result["missing"] for result in early)
    workers[0].signal(signal.SIGCONT)
    final = scene.client.consume(scene.topic("screening.results"), until=complete(4), timeout=60)
    assert [worker.stop() for worker in workers] == [0, 0], workers[0].log + workers[1].log
    last = {result["setl_id"]: result for result in (json.loads(record.value or b"") for record in final)}
    assert [last[result["setl_id"]]["revision"] for result in early] == [2, 2]
    assert [result["missing"] for result in last.values()] == [[]] * 4
    assert [worker.log.count("ERROR streams") for worker in workers] == [0, 0]


def complete(count: int) -> Callable[[list[Record]], bool]:
    """Return what waits until so many settlements have a complete result."""

    def enough(found: list[Record]) -> bool:
        results = [json.loads(record.value or b"") for record in found]
        return len({result["setl_id"] for result in results if result["status"] == "complete"}) >= count

    return enough


def test_half_a_state_decides_nothing(scene: Scene, tmp_path: Path) -> None:
    """A worker whose state cannot be rebuilt ends, says where, answers nobody and acknowledges nothing."""
    scene.client.produce(scene.topic("prewarn.windows"), [("p:x", b"no row", number) for number in range(4)])
    scene.send(traffic(tmp_path, events=300).raws)
    worker = scene.worker()
    worker.start()
    assert worker.wait(60) == EXIT_UNDELIVERED, worker.log
    assert f"{scene.topic('prewarn.windows')}[" in worker.log
    assert scene.client.consume(scene.topic("screening.results")) == []
    assert scene.client.committed(scene.prefix, scene.topic("settlement.events")) == {}


def test_a_wrong_clock_changes_no_answer(scene: Scene, tmp_path: Path) -> None:
    """Time comes from the events: a worker whose clock is a day and a half ahead says what a file run says."""
    day = traffic(tmp_path, events=1_500)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.worker()
    worker.command = ("-c", "\n".join(A_DAY_AND_A_HALF_AHEAD))
    worker.start()
    results = scene.results(len(day.settlements))
    assert worker.stop() == 0, worker.log
    assert day.screened() == violations([record.value or b"" for record in results])
    assert scene.client.consume(scene.topic("screening.dead-letters")) == []


def test_what_comes_from_the_future_is_told_by_the_brokers_clock(scene: Scene) -> None:
    """An event more than an hour ahead of its arrival is a dead letter; the worker's own clock has no say."""
    example = json.loads(EXAMPLES.read_text("utf-8").splitlines()[0])
    noon = 1_795_147_200_000  # 2026-11-20 12:00 Beijing time
    records = []
    for number, hours in enumerate((0.9, 1.1)):
        time = f"2026-11-20 1{2 + int(hours)}:{round(hours % 1 * 60):02d}:00"
        event = example | {"setl_id": f"S{number}", "event_id": f"E{number}", "setl_time": time, "inf_time": time}
        records.append((example["mdtrtarea_admvs"], json.dumps(event).encode(), None, noon))
    scene.client.produce(scene.topic("settlement.events"), records)
    worker = scene.started()
    results = scene.results(1)
    letters = scene.client.consume(scene.topic("screening.dead-letters"), until=1)
    assert worker.stop() == 0
    assert [record.key for record in results] == [b"S0"]
    assert [(letter.headers["reason"], letter.timestamp) for letter in letters] == [(b"future", noon)]
