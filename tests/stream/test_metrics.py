"""What a worker tells of itself while it works."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stream.scene import traffic

if TYPE_CHECKING:
    from tests.stream.process import WorkerProcess
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])
CANARY = "prewarn_canary_last_result_timestamp_seconds"


def wait_for_heartbeat(worker: WorkerProcess, since: float) -> None:
    """Wait until a heartbeat sent after `since` has come back through every partition."""
    deadline = time.monotonic() + 30
    while worker.metric(CANARY) < since:
        assert time.monotonic() < deadline, worker.log
        time.sleep(0.2)


def wait_for_bytes(worker: WorkerProcess, more_than: int) -> None:
    """Wait until rows were measured: that is done less often than they are counted."""
    deadline = time.monotonic() + 60
    while worker.metric("prewarn_table_bytes", table="settlements") <= more_than:
        assert time.monotonic() < deadline, worker.get("/metrics")[1]
        time.sleep(0.2)


def dear(number: int) -> bytes:
    """Return a settlement of a line above its price limit (P15), of a person and institution of its own."""
    own = {"setl_id": f"dear{number}", "event_id": f"dear{number}", "psn_no": f"3100000000000000000{number}"}
    line = EXAMPLE["feedetail"][0] | {"pric": 50.0, "pric_uplmt_amt": 48.0, "cnt": 1, "det_item_fee_sumamt": 50.0}
    return json.dumps(EXAMPLE | own | {"mdtrt_id": f"M{number}", "feedetail": [line]}).encode()


def test_metrics_tell_what_happens(scene: Scene, tmp_path: Path) -> None:
    """Counts, stages, lag and heartbeats are those of the work done; heartbeats are in no output of the platform.

    What was committed before a restart is no lag, even while nothing new was committed.
    """
    day = traffic(tmp_path, events=600)
    scene.send(day.raws)
    scene.settings["canary_interval"] = 0.5
    worker = scene.started()
    scene.results(len(day.settlements))
    wait_for_heartbeat(worker, since=time.time() + 3)  # by then gauges were looked at, and offsets committed
    settlements, events = len(day.settlements), len(day.raws)
    assert worker.metric("prewarn_events_consumed_total") == events
    assert worker.metric("prewarn_results_total") == settlements
    answers = settlements + worker.metric("prewarn_duplicates_total")
    for stage, count in (("queue", events), ("decode", events), ("engine", events), ("acknowledge", answers)):
        assert worker.metric("prewarn_stage_duration_seconds_count", stage=stage) == count, stage
    assert worker.metric("prewarn_stage_duration_seconds_count", stage="commit") > 0
    assert worker.metric("prewarn_table_rows", table="settlements") == settlements
    wait_for_bytes(worker, more_than=100 * settlements)
    assert worker.metric("prewarn_consumer_lag_records") == 0
    assert worker.metric("prewarn_consumer_lag_seconds") == 0
    assert worker.metric("prewarn_rebalances_total") >= 1
    assert worker.metric("prewarn_event_errors_total") == 0
    assert worker.stop() == 0
    for topic in ("screening.results", "risk.alerts", "prewarn.settlements", "prewarn.windows", "prewarn.trace-codes"):
        records = scene.client.consume(scene.topic(topic))
        assert [record for record in records if b"canary" in (record.key or b"") + (record.value or b"")] == []

    second = scene.started(rule_hit_share=0.001, log_format="json")
    wait_for_heartbeat(second, since=time.time())
    assert second.metric("prewarn_consumer_lag_records") == 0
    assert second.metric("prewarn_consumer_lag_seconds") == 0
    # P15 may hit one settlement of a thousand here: the second one pauses it, the third is not held up any more.
    scene.send([dear(number) for number in range(3)])
    told = [json.loads(record.value or b"") for record in scene.results(settlements + 3)]
    mine = sorted((one["setl_id"], one) for one in told if one["setl_id"].startswith("dear"))
    assert ["P15" in [hit["rule_id"] for hit in one["violations"]] for _, one in mine] == [True, True, False]
    assert "P15" in [hit["rule_id"] for hit in mine[2][1]["shadow_violations"]]
    assert second.metric("prewarn_rule_paused", rule_id="P15") == 1
    assert second.stop() == 0
    lines = [json.loads(line) for line in second.log.splitlines()]
    assert [line["message"] for line in lines if line.get("rule_id") == "P15"] == [
        "rule P15 is paused (shadow): more than 1 hits within 2 settlements"
    ]
