"""What a changelog says is the same for whoever reads it, also while a worker that has lost the partition writes there.

All on a real Kafka: `Recovery` and `Claims` as the worker calls them, records of others in between.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Final
from zlib import crc32

import pytest

from streams.engine.engine import Engine
from streams.rules.pack import load_pack
from streams.settings import load
from streams.settings.places import shipped
from streams.state.rows import (
    REACHED_KEY,
    Contribution,
    Observation,
    Position,
    ReachedRow,
    SettlementRow,
    encode_row,
    encode_settlement,
)
from streams.state.store import Store
from streams.topology.checkpoint import epoch_header
from streams.topology.claims import TURNS, Claims
from streams.topology.clients import consumer_config, producer_config
from streams.topology.partitions import area_partition
from streams.topology.recovery import Recovery
from streams.topology.replica import RecoveryError
from streams.topology.sink import Sink
from streams.topology.statekey import StateKey
from streams.topology.worker import _names
from tests.stream.process import KEY, environment

if TYPE_CHECKING:
    from streams.state.store import Partition
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

COUNT: Final = 4
HOME: Final = 1
"""The partition that changes hands."""
ROW: Final = next(key for key in map("d:D{}".format, range(100)) if crc32(key.encode()) % COUNT != HOME)
ELSEWHERE: Final = crc32(ROW.encode()) % COUNT
"""The partition of a row that its settlements change."""
BEFORE: Final = 1
"""The epoch of whoever loses the partition."""


class Log:
    """The changelogs of a scene, and who writes there."""

    def __init__(self, scene: Scene) -> None:
        settings = load(environment(scene.bootstrap, **scene.own))
        self.config = consumer_config(settings)
        self.names = _names(settings)
        self.sink = Sink(producer_config(settings))
        self.pack = load_pack(shipped("rules"), shipped("knowledge"))
        spec = next(feature for feature in self.pack.features if feature.name == "prescriber_day")
        self.fid = spec.fid

    def settle(self, number: int, epoch: int = BEFORE) -> None:
        """Write the row of a settlement, in the name of whoever has the partition in that epoch, and wait for it."""
        seen = Observation(self.fid, "", number, 1, 1, f"S{number}")
        row = SettlementRow(number, Position(HOME, number), b"{}", [Contribution(ROW, "", [seen])], [], 0, [], None, [])
        self._write(self.names.settlements, f"S{number}", encode_settlement(row), HOME, epoch)

    def reach(self, row: ReachedRow) -> None:
        """Write how far the rows of the other partition have come."""
        self._write(self.names.windows, REACHED_KEY, encode_row(row), ELSEWHERE, row.epoch)

    def _write(self, topic: str, key: str, value: bytes, partition: int, epoch: int) -> None:
        self.sink.send(topic, value, key=key, partition=partition, headers=epoch_header(epoch))
        asyncio.run(self.sink.barrier())


class Taker:
    """A worker that takes a partition over."""

    def __init__(self, log: Log, number: int) -> None:
        self._log = log
        self._number = number
        self.store = Store(COUNT, area_partition(COUNT))
        self.store.hold({number})
        engine = Engine(log.pack, self.store, KEY.encode())
        state_key = StateKey(KEY.encode())
        self._recovery = Recovery(log.config, log.names, self.store, engine, state_key, threading.Event())
        self._reached = self._recovery.read_images({number})
        self._claimed = {number}

    def claim(self, generation: int = 0) -> None:
        """Say that the partition is ours, which was given to us in that generation of the group."""
        claims = Claims(self._log.names, self._log.sink, lambda: generation, 0.0)
        self._claimed = asyncio.run(claims.claim(self._reached, generation))

    def adopt(self) -> Partition | None:
        """Return what we decide on; None where it is another's by now."""
        ours = self._recovery.adopt(self._claimed)
        return self.store.partitions[self._number] if ours else None

    def folded(self) -> set[int]:
        """Return the settlements that the row of the other partition knows, by their times."""
        rows = self.adopt()
        assert rows is not None
        row = rows.window(ROW)
        return set() if row is None else set(row.stamps.values())


def test_what_came_before_the_claim_counts_and_what_came_after_does_not(scene: Scene) -> None:
    """For whoever holds the partition now, and for whoever brings rows elsewhere up to date by its settlements."""
    log = Log(scene)
    Taker(log, HOME).claim()  # epoch 1
    log.settle(10)
    taker = Taker(log, HOME)
    log.settle(20)
    taker.claim()
    log.settle(30)
    rows = taker.adopt()
    assert rows is not None
    assert rows.settlements.keys() == {"S10", "S20"}
    other = Taker(log, ELSEWHERE)
    assert other.folded() == {20}
    reached = other.store.partitions[ELSEWHERE].reached
    assert reached.epochs[HOME] == BEFORE + 1
    # Who reads on from after the claim knows by its own row that there was one.
    log.reach(reached)
    log.settle(40)
    assert Taker(log, ELSEWHERE).folded() == set()
    log.settle(50, BEFORE + 1)
    assert Taker(log, ELSEWHERE).folded() == {50}


@pytest.mark.parametrize("later_is_first", [True, False])
def test_of_two_that_take_a_partition_over_it_is_the_one_of_the_later_generation(
    scene: Scene, *, later_is_first: bool
) -> None:
    """One of them restored rows while the group moved on; whoever claims last."""
    log = Log(scene)
    earlier, later = Taker(log, HOME), Taker(log, HOME)
    earlier_first = [(earlier, 7), (later, 8)]
    for taker, generation in reversed(earlier_first) if later_is_first else earlier_first:
        taker.claim(generation)
    rows = later.adopt()
    assert rows is not None
    assert rows.reached.epoch == 8 * TURNS
    assert earlier.adopt() is None


def test_nobody_decides_where_two_have_the_same_right(scene: Scene) -> None:
    """That cannot be within one group; should it, whoever sees it ends."""
    log = Log(scene)
    first, second = Taker(log, HOME), Taker(log, HOME)
    first.claim(7)
    assert first.adopt() is not None
    second.claim(7)
    with pytest.raises(RecoveryError, match=r"another worker has taken over partitions \[1\]"):
        second.adopt()
