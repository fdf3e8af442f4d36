"""The short form of the suite, and that it notices a worker that is broken on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos import faults
from tests.chaos.run import Plan, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

SHORT = (
    faults.scale,
    faults.kill,
    faults.kill_broker,
    faults.swap_pack,
    faults.pause_for_long,
    faults.scale,
)


@pytest.mark.usefixtures("_kafka_at_hand")
def test_nothing_is_lost_counted_twice_or_said_otherwise(tmp_path: Path) -> None:
    """Three workers and brokers, and one fault after the other under load: the end is that of a file run."""
    told: list[str] = []
    verdict = run(Plan(settlements=7_000, chosen=SHORT), tmp_path, told.append)
    assert verdict.clean, "\n".join(told)
    assert verdict.counts["repeated"] > 0, "no crash was felt"


@pytest.mark.parametrize("sabotage", ["early-acknowledgement", "no-stamps"])
def test_the_suite_notices(sabotage: str, kafka: KafkaCluster, tmp_path: Path) -> None:
    """A worker that acknowledges early, or forgets which inputs its rows hold, does not pass."""
    told: list[str] = []
    plan = Plan(
        settlements=2_000,
        workers=1,
        brokers=1,
        chosen=(faults.kill, faults.kill),
        command=("-m", "tests.chaos.sabotage", sabotage),
        session_s=6,
    )
    verdict = run(plan, tmp_path, told.append, kafka)
    assert not verdict.clean, "\n".join(told)
    rows = verdict.found["lost: window row"] + verdict.found["differing: window row"]
    assert rows > 0, "\n".join(told)
