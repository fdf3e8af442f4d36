"""Workers learn from feedback: all of them the same, across a kill, and back to an earlier model when told."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.stream.process import environment, prewarn
from tests.stream.scene import traffic

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stream.process import WorkerProcess
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

PATIENCE_S = 120.0
"""For two workers that start at once beside other programs."""


def outcomes(setl_ids: list[str]) -> list[tuple[str, bytes]]:
    """Audit outcomes on settlements, every other one confirmed."""
    return [
        (
            setl_id,
            json.dumps(
                {
                    "feedback_id": f"F-{setl_id}",
                    "kind": "outcome",
                    "setl_id": setl_id,
                    "outcome": "confirmed" if number % 2 else "cleared",
                    "decided_at": "2026-11-03 09:00:00",
                }
            ).encode(),
        )
        for number, setl_id in enumerate(setl_ids)
    ]


def version_of(worker: WorkerProcess) -> str:
    """The model that a worker says it has."""
    for line in worker.get("/metrics")[1].splitlines():
        if line.startswith("prewarn_model_info{"):
            return line.partition('version="')[2].partition('"')[0]
    return ""


def wait_for_version(ending: str, *workers: WorkerProcess) -> str:
    """Wait until all workers have one and the same model, with so many lessons."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        versions = {version_of(worker) for worker in workers}
        if len(versions) == 1 and (version := versions.pop()).endswith(ending):
            return version
        assert time.monotonic() < deadline, [version_of(worker) for worker in workers]
        time.sleep(0.2)


def scores(scene: Scene, wanted: set[str]) -> dict[str, Any]:
    """The model's part of each wanted settlement's result."""
    found = {}
    for record in scene.client.consume(scene.topic("screening.results")):
        body = json.loads(record.value or b"")
        if body["setl_id"] in wanted:
            found[body["setl_id"]] = body["model"]
    return found


def precision_of(scene: Scene, verdicts: list[tuple[str, bytes]]) -> dict[str, float]:
    """What the measured precision of each rule must be by the results that were given and the verdicts on them."""
    outcome = {setl_id: json.loads(body)["outcome"] == "confirmed" for setl_id, body in verdicts}
    counts: dict[str, list[bool]] = {}
    seen: set[str] = set()
    for record in scene.client.consume(scene.topic("screening.results")):
        body = json.loads(record.value or b"")
        if body["setl_id"] in outcome and body["setl_id"] not in seen:
            seen.add(body["setl_id"])
            for hit in body["violations"]:
                counts.setdefault(hit["rule_id"], []).append(outcome[body["setl_id"]])
    return {rule_id: sum(found) / len(found) for rule_id, found in counts.items()}


def wait_for_precision(worker: WorkerProcess, wanted: dict[str, float]) -> None:
    """Wait until a worker shows this precision of rules; a busy machine does not answer every scrape in time."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        shown = {rule_id: worker.metric("prewarn_rule_precision_ratio", rule_id=rule_id) for rule_id in wanted}
        if shown == pytest.approx(wanted):
            return
        assert time.monotonic() < deadline, (shown, wanted)
        time.sleep(0.2)


def test_workers_learn_the_same_and_go_back_when_told(scene: Scene, tmp_path: Path) -> None:
    """Two workers learn one feedback each other remembers; a killed one comes back to it; a rollback reaches both."""
    scene.settings = {"model_snapshot_interval": 0.5}
    day = traffic(tmp_path, events=600)
    first_part = sorted(day.until(300))
    refunds = {body["setl_id"] for body in map(json.loads, day.raws) if body.get("refd_setl_flag") == "1"}
    judged = [setl_id for setl_id in first_part if setl_id not in refunds]
    first, second = scene.worker(), scene.worker()
    for worker in (first, second):
        worker.start()
    for worker in (first, second):
        worker.wait_ready(PATIENCE_S)
    scene.send(day.raws[:300])
    scene.results(len(first_part))
    scene.client.produce(scene.topic("screening.feedback"), outcomes(judged[:40]))
    early = wait_for_version("-0-40", first, second)
    deadline = time.monotonic() + 30
    env = environment(scene.bootstrap, **scene.own)
    while early not in prewarn(["models", "list"], env).stdout:
        assert time.monotonic() < deadline
    scene.client.produce(scene.topic("screening.feedback"), outcomes(judged[40:60]))
    wait_for_version("-0-60", first, second)
    precision = precision_of(scene, outcomes(judged[:40]) + outcomes(judged[40:60]))
    for worker in (first, second):
        wait_for_precision(worker, precision)
        assert worker.metric("prewarn_feedback_total", kind="outcome") == 60
        assert worker.metric("prewarn_model_log_loss", role="champion") > 0
    second.kill()
    second.start()
    second.wait_ready(PATIENCE_S)
    wait_for_version("-0-60", first, second)
    done = prewarn(["models", "rollback", early], env)
    assert done.returncode == 0, done.stderr
    back = wait_for_version("-1-40", first, second)
    scene.send(day.raws[300:])
    scene.results(len(day.settlements))
    models = scores(scene, day.settlements - set(first_part))
    assert {model["version"] for model in models.values()} == {back}
    assert first.stop() == 0
    assert second.stop() == 0
