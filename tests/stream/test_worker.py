"""The worker on a real Kafka: everything that goes in comes out, once, as a file run would have it."""

from __future__ import annotations

import json
import time
from itertools import count
from pathlib import Path

import pytest

from tests.stream.process import settled
from tests.stream.scene import Scene, settlements, traffic, violations

pytestmark = pytest.mark.kafka

EXAMPLES = Path("tests/contract/examples/valid-events.jsonl")


def test_the_stream_says_what_a_file_run_says(scene: Scene, tmp_path: Path) -> None:
    """Every settlement has a result with the violations that `prewarn screen` finds; alerts are those with any."""
    day = traffic(tmp_path, events=4_000)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.started()
    results = scene.results(len(day.settlements))
    assert worker.stop() == 0
    bodies = [record.value or b"" for record in results]
    found = violations(bodies)
    assert day.screened() == found
    assert sum(bool(hits) for hits in found.values()) > 20
    assert {record.key for record in results} == {setl_id.encode() for setl_id in day.settlements}
    alerts = scene.client.consume(scene.topic("risk.alerts"))
    expected = sorted(body for body in bodies if json.loads(body)["action"] != "pass")
    assert expected == sorted(alert.value or b"" for alert in alerts)


@pytest.mark.slow
def test_a_killed_worker_loses_nothing_and_says_the_same_again(scene: Scene, tmp_path: Path) -> None:
    """SIGKILL in the middle of 20,000 events, twice: every settlement has a result, and repeated ones are the same."""
    day = traffic(tmp_path, events=20_000)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.worker()
    for share in (0.2, 0.6):
        worker.start()
        scene.results(int(share * len(day.settlements)))
        worker.kill()
    worker.start()
    scene.results(len(day.settlements))
    worker.wait_ready()
    assert worker.stop() == 0
    bodies = [record.value or b"" for record in scene.client.consume(scene.topic("screening.results"))]
    by_settlement = settled(bodies)
    assert by_settlement.keys() == day.settlements
    assert [setl_id for setl_id, same in by_settlement.items() if any(one != same[0] for one in same)] == []
    assert day.screened() == violations(bodies)


def test_an_orderly_stop_leaves_nothing_to_repeat(scene: Scene, tmp_path: Path) -> None:
    """After SIGTERM every offset is committed; the next worker has nothing to do again."""
    day = traffic(tmp_path, events=600)
    scene.send(day.raws)
    first = scene.started()
    scene.results(len(day.settlements))
    assert first.stop() == 0
    events = scene.topic("settlement.events")
    written = {partition: end for partition, end in scene.client.end_offsets(events).items() if end}
    assert written == scene.client.committed(scene.prefix, events)
    before = scene.client.end_offsets(scene.topic("screening.results"))
    second = scene.started()
    time.sleep(2)
    assert second.stop() == 0
    assert before == scene.client.end_offsets(scene.topic("screening.results"))


def test_state_survives_a_restart(scene: Scene, tmp_path: Path) -> None:
    """What the first half of a day left in the windows is known in the second half, to another process."""
    day = traffic(tmp_path, events=3_000)
    scene.send_references(day)
    half = len(day.raws) // 2
    for raws, expected in ((day.raws[:half], day.until(half)), (day.raws[half:], day.settlements)):
        # Sent at once to a worker that waits, events of several areas would arrive in any order.
        scene.send(raws)
        worker = scene.started()
        scene.results(len(expected))
        assert worker.stop() == 0
    bodies = [record.value or b"" for record in scene.client.consume(scene.topic("screening.results"))]
    assert day.screened() == violations(bodies)


@pytest.mark.parametrize("rekey", [False, True])
def test_events_under_a_wrong_key_are_screened_all_the_same(scene: Scene, tmp_path: Path, *, rekey: bool) -> None:
    """Senders that cannot key by area: with the hop events get their key, without it one worker finds the state."""
    scene.settings["rekey"] = str(rekey).lower()
    scene.create_topics()
    day = traffic(tmp_path, events=1_000)
    scene.send_references(day)
    worker = scene.started()
    sent: list[bytes] = []
    # Behind the hop they are in several partitions: what of these touches the same rows is kept apart.
    for together in day.rounds(0, partitions=4):
        scene.send(together, key=lambda _raw: "no area")
        sent += together
        results = scene.results(len(settlements(sent)))
    assert worker.stop() == 0
    found = violations([record.value or b"" for record in results])
    assert day.screened() == found
    if rekey:
        hop = scene.client.consume(scene.topic("prewarn.rekeyed-events"))
        assert all(record.key == json.loads(record.value or b"")["mdtrtarea_admvs"].encode() for record in hop)
        assert len(hop) == len(day.raws)


def test_a_registry_fact_takes_effect_while_running(scene: Scene) -> None:
    """A practitioner suspended while the worker runs is refused from then on, and reinstated when the record goes."""
    worker = scene.started()
    example = json.loads(EXAMPLES.read_text("utf-8").splitlines()[0])
    prescriber = example["feedetail"][0]["bilg_dr_codg"]
    record = json.dumps({"bilg_dr_codg": prescriber, "status": "suspended", "effective_from": "2026-11-01"})
    numbers = count()

    def refused() -> bool:
        number = next(numbers)
        event = example | {"setl_id": f"S{number}", "event_id": f"E{number}"}
        scene.send([json.dumps(event).encode()])
        results = scene.results(number + 1)
        last = next(json.loads(r.value or b"") for r in results if r.key == f"S{number}".encode())
        return "R03" in [violation["rule_id"] for violation in last["violations"]]

    assert not refused()
    for value, wanted in ((record.encode(), True), (None, False)):
        scene.client.produce(scene.topic("reference.practitioners"), [(prescriber, value)])
        deadline = time.monotonic() + 60
        while refused() is not wanted:
            assert time.monotonic() < deadline, worker.log
            time.sleep(0.5)
    assert worker.stop() == 0


def test_two_workers_share_the_partitions_and_ask_each_other(scene: Scene, tmp_path: Path) -> None:
    """A second worker takes half of the partitions with their state; what lives with the other is asked for."""
    day = traffic(tmp_path, events=2_000)
    scene.send_references(day)
    first = scene.started()
    sent = day.raws[:1_500]
    scene.send(sent)
    scene.results(len(settlements(sent)))
    second = scene.started()
    first.wait_ready()
    assert [first.metric("prewarn_assigned_partitions"), second.metric("prewarn_assigned_partitions")] == [2, 2]
    for together in day.rounds(len(sent), partitions=4):
        scene.send(together)
        sent += together
        scene.results(len(settlements(sent)))
    records = scene.results(len(day.settlements))
    assert [first.stop(), second.stop()] == [0, 0]
    bodies = [record.value or b"" for record in records]
    results = [json.loads(body) for body in bodies]
    assert {result["setl_id"] for result in results} == day.settlements
    assert [result for result in results if result["status"] == "partial"] == []
    assert day.screened() == violations(bodies)
