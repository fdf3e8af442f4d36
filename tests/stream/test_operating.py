"""The commands of an operator, on an installation that has something to tell."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streams.contract.time import format_time
from tests.stream.process import environment, prewarn

if TYPE_CHECKING:
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])


def event(number: int, **changes: object) -> bytes:
    """Return a settlement of its own."""
    return json.dumps(EXAMPLE | {"setl_id": f"S{number}", "event_id": f"E{number}"} | changes).encode()


def test_an_operator_sees_what_is_wrong_and_sends_letters_back(scene: Scene) -> None:
    """Doctor names what is missing, status tells who does what, a letter goes back once and is answered then."""

    def run(*arguments: str, **settings: object) -> tuple[int, str]:
        done = prewarn(list(arguments), environment(scene.bootstrap, **scene.own | settings))
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    status, told = run("doctor")
    assert status == 1, told
    assert "no worker of" in told
    assert "prewarn worker" in told

    # All topics are missing: that is said once, with what to do
    status, told = run("doctor", topic_prefix="nowhere.")
    assert status == 1
    assert "16 of 16 do not exist: nowhere.settlement.events, " in told
    assert "and 10 more\n                   → prewarn topics create\n" in told
    assert told.count("do not exist:") == told.count("topics create") == told.count("problem ") == 1
    assert told.endswith("\n1 problem\n")

    # A worker that is told another number of partitions says so and ends
    status, told = run("doctor", partitions=8)
    assert "settlement.events: has 4 partitions, the settings say 8" in told
    status, told = run("worker", partitions=8)
    assert status == 1
    assert "settlement.events: has 4 partitions, the settings say 8 (PREWARN_PARTITIONS)" in told

    # Given a worker that takes an event of the next hour for one of the future, and a record that is none
    soon = format_time(round(time.time() * 1000) + 3_000_000)
    later = event(1, setl_time=soon)
    worker = scene.started(future_tolerance=0, canary_interval=0.5)
    scene.send([event(0), later, event(2), b"{}"], key=lambda _raw: "310115")
    scene.results(2)
    assert len(scene.client.consume(scene.topic("screening.dead-letters"), until=2)) == 2
    events = scene.topic("settlement.events")
    deadline = time.monotonic() + 60
    while scene.client.committed(scene.prefix, events) != {
        n: e for n, e in scene.client.end_offsets(events).items() if e
    }:
        assert time.monotonic() < deadline, worker.log
        time.sleep(0.5)
    status, told = run("doctor")
    assert status == 0, told
    assert "1 workers hold 4 partitions" in told
    status, told = run("status", "--json")
    shown: dict[str, Any] = json.loads(told)
    assert (status, shown["state"], shown["dead_letters"]["records"]) == (0, "STABLE", 2)
    assert [part["waiting"] for part in shown["partitions"]] == [0, 0, 0, 0]
    assert sorted(number for member in shown["members"] for number in member["partitions"]) == [0, 1, 2, 3]
    assert worker.stop() == 0

    # When it is started with a tolerance and the letter goes back
    status, told = run("topics", "replay-dead-letters", "--reason", "future", "--dry-run")
    assert (status, told.splitlines()[0]) == (0, "1 letters to send back; passed over: 1 invalid")
    assert "310115" not in told
    scene.started(future_tolerance=86_400)
    for sent in (1, 0):
        status, told = run("topics", "replay-dead-letters", "--reason", "future", "--yes")
        assert (status, f"{sent} letters" in told) == (0, True), told

    # Then it is answered, and went back once
    results = scene.results(3)
    assert sorted(record.key or b"" for record in results) == [b"S0", b"S1", b"S2"]
    back = scene.client.consume(scene.topic("settlement.events"))[-1]
    assert (back.value, back.key) == (later, b"310115")
    assert (back.headers["replayed_from"] or b"").decode().count("@") == 1


def test_the_doctor_sees_that_rows_are_gone(scene: Scene) -> None:
    """Somebody has made the topic of settlement rows anew; that workers have claimed its partitions hides nothing."""

    def said() -> str:
        return prewarn(["doctor"], environment(scene.bootstrap, **scene.own)).stdout

    topic, gone = scene.topic("prewarn.settlements"), "nothing of it is in"
    worker = scene.started()
    scene.send([event(0), event(1)], key=lambda _raw: "310115")
    scene.results(2)
    assert worker.stop() == 0
    assert gone not in said()
    scene.client.admin.delete_topics([topic])[topic].result(30)
    scene.create_topics()
    assert gone in said()
    worker = scene.started()
    assert f"{gone} {topic}" in said()
    scene.send([event(2)], key=lambda _raw: "310115")
    scene.results(3)
    assert gone not in said()
