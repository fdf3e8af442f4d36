"""What a worker does when something that it leans on is wrong: what has no test of its own elsewhere.

Elsewhere are records that cannot be screened (`test_bad_input`), a rule that raises (`tests.unit.engine.test_engine`),
a pack with a mistake (`test_deployment`), brokers that go away (`test_outage`), a state that is lost (`test_worker`,
`tests.chaos`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from streams.topology.sink import EXIT_UNDELIVERED
from tests.stream.scene import traffic, violations

if TYPE_CHECKING:
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

A_DAY_AND_A_HALF_AHEAD: Final = (
    "import time",
    "right = time.time",
    "time.time = lambda: right() + 129_600",
    "from streams import cli",
    "cli.main(['worker'])",
)
"""A worker on a machine whose clock is wrong."""


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
    example = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])
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
