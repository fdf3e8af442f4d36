"""What others wrote over our rows is found, and written again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException, Message

from streams.state.answers import AnswerBook
from streams.state.rows import ReachedRow
from streams.state.store import Partition, Store
from streams.topology.checkpoint import epoch_header
from streams.topology.replica import Replica
from streams.topology.statekey import KEY_ROW, StateKey
from streams.topology.zombies import ASK_EVERY_S, Zombies
from tests.unit.topology.changelog import KEY, NAMES, PARTITION, Changelog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.topology.recovery import Place

OURS = 3
"""The epoch in which the partition is held."""
WINDOWS = (NAMES.windows, PARTITION)
SETTLEMENTS = (NAMES.settlements, PARTITION)


class Scene:
    """A partition that is held, and a broker that tells what is asked of it."""

    def __init__(self, log: Changelog | None = None) -> None:
        self.store = Store(PARTITION + 1)
        rows = self.store.partitions[PARTITION] = Partition()
        rows.reached = ReachedRow(0, {}, OURS)
        #: What was written again.
        self.again: list[tuple[str, int, str]] = []
        self.asked: list[tuple[dict[Place, tuple[int, int]], dict[Place, int]]] = []
        self.records: list[Message] = []
        self.is_down = False
        self.time = 0.0
        self.zombies = Zombies(NAMES, self.store, self.read, lambda *row: self.again.append(row), lambda: self.time)
        replica = Replica(PARTITION, NAMES, StateKey(KEY))
        (log or Changelog()).read(replica)
        self.zombies.follow({PARTITION: replica})
        self.begin = replica.offsets[NAMES.windows]

    def read(self, gaps: Mapping[Place, tuple[int, int]], come_to: Mapping[Place, int]) -> list[Message]:
        """Stand for the broker."""
        self.asked.append((dict(gaps), dict(come_to)))
        if self.is_down:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN))
        return self.records

    def acknowledge(self, *offsets: int, place: Place = WINDOWS) -> None:
        """Have the broker acknowledge records of ours."""
        for offset in offsets:
            self.zombies.acknowledged(place[0], record(place, "p:1", offset=offset), "p:1", b"", None)

    def look(self) -> None:
        """Do what every checkpoint does."""
        asyncio.run(self.zombies.look())


def record(place: Place, key: str, epoch: int = OURS, offset: int = 0) -> Message:
    """Return a record as a broker has it."""
    topic, number = place
    return Message(topic=topic, partition=number, offset=offset, key=key.encode(), headers=epoch_header(epoch))


def test_nothing_is_read_while_offsets_follow_each_other() -> None:
    """As they do nearly always."""
    scene = Scene()
    scene.acknowledge(*range(scene.begin, scene.begin + 5))
    scene.acknowledge(*range(3), place=SETTLEMENTS)
    scene.acknowledge(9, place=(NAMES.traces, PARTITION))
    scene.acknowledge(9, place=(NAMES.windows, PARTITION + 1))  # ours no more
    scene.look()
    assert (scene.asked, scene.again) == ([], [])


def test_what_others_wrote_between_our_records_is_written_again() -> None:
    """Rows of either changelog; neither ours, nor what belongs to nobody, nor what is read only for seconds."""
    scene = Scene()
    first = scene.begin
    scene.acknowledge(first, first + 3, first + 4, first + 7)
    scene.records = [
        record(WINDOWS, "p:7", OURS - 1),
        record(WINDOWS, "p:8", OURS),
        record(WINDOWS, KEY_ROW.decode(), 0),
        record(WINDOWS, "x:", OURS - 2),
        record(SETTLEMENTS, "S1", OURS - 1),
        record(SETTLEMENTS, "~3:4", OURS - 1),
        record(SETTLEMENTS, "x:", OURS - 2),
    ]
    scene.look()
    scene.look()
    assert scene.asked == [({WINDOWS: (first + 1, first + 7)}, {})]
    assert sorted(scene.again) == sorted([(*WINDOWS, "p:7"), (*WINDOWS, "x:"), (*SETTLEMENTS, "S1")])


def test_what_came_before_the_claim_is_found_too() -> None:
    """The changelog was read to its end, and somebody wrote there until our first record."""
    scene = Scene()
    scene.acknowledge(scene.begin + 2)
    scene.look()
    assert scene.asked == [({WINDOWS: (scene.begin, scene.begin + 2)}, {})]


def test_brokers_are_asked_now_and_then_where_the_changelogs_end() -> None:
    """A partition in which nothing happens has no records between which others' could show."""
    scene = Scene()
    scene.time = ASK_EVERY_S
    scene.records = [record(WINDOWS, "p:7", OURS - 1, scene.begin)]
    scene.look()
    assert scene.asked == [({}, {WINDOWS: scene.begin, SETTLEMENTS: 1})]
    assert scene.again == [(*WINDOWS, "p:7")]
    scene.acknowledge(scene.begin + 1)
    scene.look()
    assert len(scene.asked) == 1
    scene.time *= 2
    scene.records = []
    scene.look()
    assert scene.asked[1] == ({}, {WINDOWS: scene.begin + 2, SETTLEMENTS: 1})


def test_a_gap_is_read_when_brokers_answer_again() -> None:
    """And what was written meanwhile with it."""
    scene = Scene()
    scene.acknowledge(scene.begin + 1)
    scene.is_down = True
    scene.look()
    scene.is_down = False
    scene.acknowledge(scene.begin + 4)
    scene.look()
    scene.look()
    assert scene.asked[1:] == [({WINDOWS: (scene.begin, scene.begin + 4)}, {})]


def test_a_partition_that_was_given_up_is_watched_no_more() -> None:
    """Its rows are another's to write."""
    scene = Scene()
    scene.acknowledge(scene.begin + 1)
    scene.zombies.give_up({PARTITION})
    scene.acknowledge(scene.begin + 5)
    scene.time = ASK_EVERY_S
    scene.look()
    assert scene.asked == []


def test_what_recovery_found_written_over_is_written_again() -> None:
    """Void records that nobody has answered yet; not those over which a row was written since."""
    log = Changelog()
    log.window(1)
    log.window(2)
    log.settlement(1)
    log.claim()
    log.window(2)
    log.settlement(1)
    log.void(1)
    log.void(2)
    log.window(2)
    assert sorted(Scene(log).again) == sorted([(*WINDOWS, "p:1"), (*SETTLEMENTS, "S1"), (*SETTLEMENTS, "S2")])


def test_saved_answers_are_saved_again() -> None:
    """Under their key, and are deleted later as they would have been."""
    book = AnswerBook()
    book.keep(2, 5, b"five")
    book.keep(2, 7, b"seven")
    saved = list(book.take_changed())
    assert not book.again("a:2:6")
    assert book.again("a:2:5")
    assert list(book.take_changed()) == saved
    book.release(2, 8)
    assert list(book.take_changed()) == [("a:2:5", None)]
