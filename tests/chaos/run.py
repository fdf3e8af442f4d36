"""One run of the suite, from nothing to the verdict."""

from __future__ import annotations

import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.cli.screen import read_references
from streams.engine.engine import Engine
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate.randomness import stream
from streams.state.store import Store
from streams.topology.partitions import area_partition
from tests.chaos import filerun
from tests.chaos.conductor import Conductor
from tests.chaos.faults import Field, schedule
from tests.chaos.following import Following
from tests.chaos.installation import PARTITIONS, SESSION_S, Installation
from tests.chaos.judging import judge
from tests.chaos.packs import Deployed
from tests.chaos.report import told
from tests.chaos.sending import Sending
from tests.chaos.settling import Settling
from tests.chaos.story import Story
from tests.kafka.cluster import FULL_SPEED, QUICK_START, KafkaCluster

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.chaos.conductor import Diary
    from tests.chaos.verdict import Verdict

IN_FLIGHT = 800
"""Unsettled lines of a partition at once: a few seconds of work, so that every fault finds plenty half done."""
LONG = 50_000
"""Settlements from which on brokers had better be fast than quickly there."""
LINES_A_FAULT = 42_000
"""In a long run: a million settlements have every kind of fault twice."""
CALM_BROKERS = {
    "replica.fetch.min.bytes": 65_536,
    "replica.fetch.wait.max.ms": 20,
    "num.network.threads": 1,
    "num.io.threads": 2,
}
"""In a long run on few cores: a follower that fetches at every record looks at all its partitions each time."""
HORIZON_DAYS = 400
CALM_WORKERS = {"producer_linger_ms": 20}
"""In a long run: fewer and larger requests."""


@dataclass(frozen=True)
class Plan:
    """What is asked for.

    Attributes:
        settlements: About how many.
        seed: Of input and faults.
        workers: How many at most.
        brokers: One, or three with three copies of everything.
        faults: How many; None for as many as suit the number of settlements.
        only: Draw from these kinds instead of all.
        chosen: These faults instead of drawn ones.
        command: What runs a worker.
        session_s: A worker that is silent for so long has died; less than the default, and on a busy machine living
            ones die of it.
    """

    settlements: int = 20_000
    seed: int = 1
    workers: int = 3
    brokers: int = 3
    faults: int | None = None
    only: Sequence[Callable[[Field], str]] = ()
    chosen: Sequence[Callable[[Field], str]] | None = None
    command: tuple[str, ...] = ("-m", "streams.cli", "worker")
    session_s: float = SESSION_S


def run(plan: Plan, folder: Path, say: Callable[[str], None], cluster: KafkaCluster | None = None) -> Verdict:
    """Run the plan in a folder of its own, on a cluster of its own if none is given; no process stays behind."""
    begun = time.monotonic()
    is_long = plan.settlements >= LONG
    story = Story(folder, plan.settlements, plan.seed, area_partition(PARTITIONS))
    packs = Deployed(folder / "rules", story.turn_day)
    story.write_registries()
    story.write_events(_looker(story, packs))
    say(f"{len(story):,} lines written in {time.monotonic() - begun:.0f} s")
    with ExitStack() as stack:
        if cluster is None:
            jvm, properties = (FULL_SPEED, CALM_BROKERS) if is_long else (QUICK_START, {})
            cluster = stack.enter_context(
                KafkaCluster(plan.brokers, directory=folder / "kafka", jvm=jvm, properties=properties)
            )
        installation = Installation(cluster.client, cluster.bootstrap, f"c{uuid.uuid4().hex[:6]}", folder)
        stack.callback(installation.end)
        installation.settings |= {
            "partitions": PARTITIONS,
            "replication_factor": plan.brokers,
            "rules_dir": packs.folder,
            "rules_poll_interval": 0.5,
            "session_timeout": plan.session_s,
            "standby_replicas": 1,
            # The mirrors hit everything: no rule may be paused for that, which a file run never does.
            "rule_hit_share": 1,
            "rule_surge": 0,
            # Nor is a settlement forgotten, and learned from as one that nobody objected to.
            "result_horizon_days": HORIZON_DAYS,
            **(CALM_WORKERS if is_long else {}),
        }
        installation.create_topics()
        installation.send_registries()
        installation.hire(plan.workers, plan.command)
        at = Field(installation, cluster, plan.brokers, packs, stream(plan.seed, "faults"), plan.session_s)
        diary = _under_load(plan, story, at, say)
        packs.mend()
        begun = time.monotonic()
        expected = filerun.screen(story, packs.folder)
        say(f"file run in {time.monotonic() - begun:.0f} s")
        begun = time.monotonic()
        verdict = judge(installation, expected)
        say(f"compared in {time.monotonic() - begun:.0f} s")
    if diary.stuck is not None:
        verdict.lose("run that did not end", diary.stuck)
    for told_of in at.bad_stops:
        verdict.lose("orderly stop", told_of)
    for line in told(story, at, diary, verdict):
        say(line)
    return verdict


def _looker(story: Story, packs: Deployed) -> Engine:
    """Return an engine that can tell which rows an event touches."""
    pack = load_pack(packs.folder, shipped("knowledge"))
    return Engine(pack, Store(), filerun.KEY, read_references(story.folder, 1 << 20))


def _under_load(plan: Plan, story: Story, at: Field, say: Callable[[str], None]) -> Diary:
    """Send the story, have faults happen, and stop all workers in order."""
    installation = at.installation
    following = Following(installation)
    settling = Settling(installation)
    sending = Sending(story, installation, settling, following, IN_FLIGHT)
    conductor = Conductor(story, at, sending, settling, following, say)
    faults = plan.chosen
    if faults is None:
        count = max(len(story) // LINES_A_FAULT, 12) if plan.faults is None else plan.faults
        faults = list(schedule(at.dice, count, plan.workers, plan.only))
    threads = (following, settling, sending)
    try:
        installation.fleet[0].start()
        installation.wait_complete()
        for thread in threads:
            thread.start()
        conductor.run(faults)
    finally:
        for thread in threads:
            if thread.is_alive():
                thread.stop()
    for worker in installation.wanted:
        at.stop(worker)
    return conductor.diary
