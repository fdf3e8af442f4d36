"""Bad records, bad packs, bad settings, and no broker at all."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streams.settings.places import shipped
from tests.stream.process import WorkerProcess, environment, prewarn

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kafka.cluster import KafkaCluster
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLES = Path("tests/contract/examples")


def test_every_bad_record_is_kept_and_its_neighbours_are_screened(scene: Scene) -> None:
    """Each invalid example ends as a dead letter with reason, place and its own bytes; the others are screened."""
    worker = scene.started()
    invalid = [json.loads(line) for line in (EXAMPLES / "invalid-events.jsonl").read_text("utf-8").splitlines()]
    invalid = [example for example in invalid if example["expect_reason"] != "too-large"]
    large = b'{"event_id":"' + b"x" * (1 << 20) + b'"}'
    bad = [(example["value"].encode(), example["expect_reason"]) for example in invalid]
    bad += [(large, "too-large"), (b"\xff\xfe\x00", "not-json"), (b"[" * 100_000 + b"]" * 100_000, "invalid")]
    good = json.loads((EXAMPLES / "valid-events.jsonl").read_text("utf-8").splitlines()[0])
    raws: list[bytes] = []
    for number, (value, _) in enumerate(bad):
        raws += [value, json.dumps(good | {"setl_id": f"S{number}", "event_id": f"E{number}"}).encode()]
    scene.send(raws, key=lambda _raw: "310115")
    scene.results(len(bad))
    letters = scene.client.consume(scene.topic("screening.dead-letters"), until=len(bad))
    assert worker.stop() == 0
    assert [value for value, _ in bad] == [letter.value or b"" for letter in letters]
    assert [reason for _, reason in bad] == [(letter.headers["reason"] or b"").decode() for letter in letters]
    events = scene.client.consume(scene.topic("settlement.events"))
    for letter in letters:
        place = [int(letter.headers[name] or b"-1") for name in ("source_partition", "source_offset")]
        source = next(e for e in events if [e.partition, e.offset] == place)
        assert letter.headers["source_topic"] == scene.topic("settlement.events").encode()
        assert (source.value or b"") == (letter.value or b"")
        assert (letter.headers["detail"] or b"").startswith(b"$")


def test_a_missing_broker_is_waited_for(start_kafka: Callable[..., KafkaCluster], tmp_path: Path) -> None:
    """Without a broker there is one clear line a while and no traceback; when it comes, the worker goes on."""
    cluster = start_kafka()
    worker = WorkerProcess(cluster.bootstrap, tmp_path)
    assert prewarn(["topics", "create"], worker.env).returncode == 0
    cluster.kill(0)
    worker.start()
    try:
        time.sleep(12)
        lines = worker.log.splitlines()
        assert worker.running
        assert 1 <= len(lines) <= 4
        assert [line for line in lines if "waiting for Kafka" not in line] == []
        assert worker.get("/livez")[0] == 200
        assert worker.get("/readyz")[0] == 503
        cluster.restart(0)
        worker.wait_ready()
        assert worker.stop() == 0
    finally:
        worker.end()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"person_key": "short"}, ["PREWARN_PERSON_KEY"]),
        ({"partitions": "many", "sasl_mechanism": "GUESS"}, ["PREWARN_PARTITIONS", "PREWARN_SASL_MECHANISM"]),
        ({"partitons": "4"}, ["PREWARN_PARTITONS", "PREWARN_PARTITIONS"]),
    ],
)
def test_wrong_settings_stop_the_start(settings: dict[str, str], told: list[str]) -> None:
    """Every wrong setting is named before anything is connected."""
    done = prewarn(["worker"], environment("127.0.0.1:9", **settings))
    assert done.returncode == 2
    assert [name for name in told if name not in done.stderr] == []
    assert "Traceback" not in done.stderr


def test_a_wrong_rule_pack_stops_the_start(tmp_path: Path) -> None:
    """A pack that does not hold together is refused with file and line."""
    rules = shutil.copytree(shipped("rules"), tmp_path / "rules")
    broken = rules / "policy.yaml"
    text = broken.read_text("utf-8").replace("line.pric > line.pric_uplmt_amt", "line.pric > line.price_limit", 1)
    broken.write_text(text, "utf-8")
    line = 1 + next(n for n, row in enumerate(text.splitlines()) if "price_limit" in row)
    done = prewarn(["worker"], environment("127.0.0.1:9", rules_dir=rules))
    assert done.returncode == 2
    assert f"policy.yaml:{line}:" in done.stderr
    assert "pric_uplmt_amt" in done.stderr
    assert "Traceback" not in done.stderr
