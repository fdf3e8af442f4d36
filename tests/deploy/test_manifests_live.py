"""A worker as the manifests describe it: their settings, secrets, topics, rights and probes, against a real Kafka."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.deploy.namespace import OPERATOR, SECURED, Namespace, Pod
from tests.stream.process import KEY, WorkerProcess, prewarn
from tests.stream.scene import area_of, traffic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka


def test_a_worker_of_the_manifests_screens_is_tuned_and_upgraded(
    start_kafka: Callable[..., KafkaCluster], tmp_path: Path
) -> None:
    """TLS, SCRAM and the KafkaUser's rights are enough; a ConfigMap's swap tunes it, a rolling restart is seamless.

    The restart brings another person key, as the README's rotation does: references change, windows go on.
    """
    place = Namespace("small", start_kafka(**SECURED), tmp_path)
    place.reconcile()
    pod = place.worker("prewarn-0")
    worker = WorkerProcess(place.kafka.bootstrap, tmp_path)
    worker.env = pod.environment(metrics_port=worker.port, rules_poll_interval=0.5)
    day = traffic(tmp_path, events=400)
    half = len(day.raws) // 2
    try:
        worker.start()
        worker.wait_ready()
        probes = [place.container()[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")]
        assert [worker.get(path)[0] for path in probes] == [200, 200, 200]
        send(place, day.raws[:half])
        answered(place, len(day.until(half)))
        pod.swap("rules", lambda _, text: text.replace('\nversion: "', '\nversion: "second.'))
        tuned = half + until_judged_by(worker, "second.", place, day.raws[half:])
        operate(place, pod)
        assert worker.stop() == 0, worker.log
        before = results(place)
        pod.secret("keys", "person-key", f"{KEY}, and another")
        worker.start()  # the rolling upgrade of its pod
        worker.wait_ready()
        send(place, day.raws[tuned:])
        answered(place, len(day.settlements))
        assert references(before).isdisjoint(references(results(place) - before))
    finally:
        worker.end()
    assert worker.log.count("Traceback") == 0


def operate(place: Namespace, pod: Pod) -> None:
    """Doctor answers in a worker's pod, the other commands in the operator's, who may not do a worker's work."""
    operator = place.operator()
    for where, command in (
        (pod, ["doctor"]),
        (pod, ["status"]),
        (operator, ["status"]),
        (operator, ["topics", "check"]),
        (operator, ["topics", "replay-dead-letters", "--reason", "invalid", "--dry-run"]),
        (operator, ["rules", "lint", operator.here("/etc/prewarn/rules")]),
    ):
        done = prewarn(command, where.environment())
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    refused = prewarn(["worker"], operator.environment(metrics_port=0, person_key=KEY))
    assert refused.returncode != 0
    assert f"is not granted to User:{OPERATOR}" in refused.stderr + refused.stdout


def send(place: Namespace, raws: list[bytes]) -> None:
    """Send events as institutions would."""
    place.client.produce("settlement.events", [(area_of(raw), raw) for raw in raws])


def answered(place: Namespace, count: int) -> None:
    """Wait until so many settlements have their result."""
    place.client.consume(
        "screening.results", until=lambda found: len({record.key for record in found}) >= count, timeout=90
    )


def results(place: Namespace) -> set[bytes]:
    """Return the results there are."""
    return {record.value or b"" for record in place.client.consume("screening.results")}


def references(bodies: set[bytes]) -> set[str]:
    """Return the references of the persons in results."""
    return {json.loads(body)["psn_ref"] for body in bodies}


def until_judged_by(worker: WorkerProcess, version: str, place: Namespace, raws: list[bytes]) -> int:
    """Send events, one after the other, until one is judged by this pack; returns how many that took."""
    for number, raw in enumerate(raws):
        lines = worker.get("/metrics")[1].splitlines()
        if any(f'version="{version}' in line for line in lines if line.startswith("prewarn_ruleset_info")):
            return number
        send(place, [raw])
        time.sleep(0.3)
    raise AssertionError(worker.log)
