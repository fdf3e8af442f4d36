"""A run of two workers over traffic full of identifiers, and every byte that left them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from streams.contract.topics import DEAD_LETTERS, SETTLEMENTS, TOPICS
from streams.state.rows import decode_settlement
from tests.privacy.search import BROKEN_EVERY, Identifiers
from tests.stream.process import environment, prewarn
from tests.stream.scene import traffic

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stream.process import WorkerProcess
    from tests.stream.scene import Scene, Traffic

PAGES: Final = ("/metrics", "/livez", "/readyz", "/startupz", "/nothing?psn_no=1")
BATCH: Final = 5_000


def planted(folder: Path, events: int, identifiers: Identifiers) -> tuple[Traffic, list[tuple[str, bytes]]]:
    """Return simulated traffic with identifiers in it, and its events with their keys, some of them spoilt."""
    day = traffic(folder, events=events)
    keyed = [(json.loads(raw)["mdtrtarea_admvs"], identifiers.plant(raw, n)) for n, raw in enumerate(day.raws)]
    persons = folder / "persons.jsonl"
    lines = [identifiers.plant_record(line) for line in persons.read_bytes().splitlines()]
    persons.write_bytes(b"\n".join(lines) + b"\n")
    return day, keyed


def leaks(scene: Scene, folder: Path, events: int, log_level: str = "INFO", timeout: float = 120) -> Report:
    """Screen so many events by two workers and search everything that left them."""
    identifiers = Identifiers()
    day, keyed = planted(folder, events, identifiers)
    scene.send_references(day)
    scene.settings |= {"canary_interval": 1, "log_format": "json", "log_level": log_level}
    workers = [scene.started() for _ in range(2)]
    for begin in range(0, len(keyed), BATCH):
        scene.client.produce(scene.topic("settlement.events"), keyed[begin : begin + BATCH])
    spoilt = range(0, len(keyed), BROKEN_EVERY)
    left_over = {json.loads(day.raws[n]).get("setl_id") for n in spoilt}
    report = Report(identifiers, answered=len(day.settlements - left_over))
    scene.results(report.answered, timeout=timeout)
    report.look_into_commands(scene)
    for worker in workers:
        report.look_into_worker(worker)
    for name in TOPICS:
        if TOPICS[name].who != "in" and scene.topic(name) in scene.client.admin.list_topics(timeout=10).topics:
            report.look_into_topic(scene, name)
    return report


def plain(topic: str, value: bytes) -> list[bytes]:
    """Return the bytes of a record's value; of a settlement row also those that it is packed from."""
    unpacked = [msgspec.msgpack.encode(decode_settlement(value))] if topic == SETTLEMENTS and value else []
    return [value, *unpacked]


class Report:
    """What was searched, and what was found where."""

    def __init__(self, identifiers: Identifiers, answered: int) -> None:
        self.identifiers = identifiers
        #: Settlements that have a result.
        self.answered = answered
        #: Bytes searched, by place.
        self.searched: dict[str, int] = {}
        #: Identifiers found, by place.
        self.found: dict[str, set[bytes]] = {}
        self.dead_letters = 0

    def look(self, place: str, data: bytes) -> None:
        """Search some bytes."""
        self.searched[place] = self.searched.get(place, 0) + len(data)
        if found := self.identifiers.found(data):
            self.found.setdefault(place, set()).update(found)

    def look_into_commands(self, scene: Scene) -> None:
        """What operators are shown."""
        reasons = [part for reason in ("invalid", "not-json") for part in ("--reason", reason)]
        for command in (["status"], ["doctor"], ["topics", "replay-dead-letters", *reasons, "--dry-run"]):
            done = prewarn(command, environment(scene.bootstrap, **scene.own))
            self.look("commands", (done.stdout + done.stderr).encode())

    def look_into_worker(self, worker: WorkerProcess) -> None:
        """Its pages and, when it has ended, its log."""
        for page in PAGES:
            self.look("pages", worker.get(page)[1].encode())
        assert worker.stop(120) == 0, worker.log[-2_000:]
        self.look("logs", worker.log.encode())

    def look_into_topic(self, scene: Scene, name: str) -> None:
        """Every record: key, headers and value; of dead letters, which keep what was received, not the value."""
        records = scene.client.consume(scene.topic(name))
        parts = []
        for record in records:
            parts += [record.key or b"", *(value or b"" for value in record.headers.values())]
            if name != DEAD_LETTERS:
                parts += plain(name, record.value or b"")
        self.look(name, b"\n".join(parts))
        self.dead_letters += len(records) if name == DEAD_LETTERS else 0
