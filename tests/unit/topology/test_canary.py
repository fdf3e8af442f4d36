"""The heartbeat that travels the way of an event."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from streams.observability.metrics import Metrics
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.topology.canary import HEARTBEAT, Canary
from streams.topology.incoming import Incoming
from tests.contract.samples import validator

if TYPE_CHECKING:
    from streams.rules.specs import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    """The shipped pack."""
    return load_pack(shipped("rules"), shipped("knowledge"))


class Loop:
    """A canary whose topic is a list; `carry` reads it back."""

    def __init__(self, pack: Pack) -> None:
        self.now = 1_795_000_000.0
        self.held = {0, 1}
        self.is_full = False
        self.written: list[dict[str, Any]] = []
        self.metrics = Metrics()
        self.canary = Canary("canary", self, lambda: pack, lambda: self.held, self.metrics, lambda: self.now)  # type: ignore[arg-type]

    def send(self, topic: str, value: bytes, *, key: bytes, partition: int) -> None:
        """Take a record, as the sink does."""
        self.written.append({"topic": topic, "value": value, "key": key, "partition": partition})

    def carry(self, *partitions: int) -> None:
        """Hand over what was written for these partitions, and drop the rest."""
        written, self.written = self.written, []
        for record in written:
            if record["partition"] in partitions:
                at = round(self.now * 1000)
                message = Incoming("canary", record["partition"], 0, at, record["key"], record["value"], [])
                self.canary.handle(message)

    @property
    def shown(self) -> float | None:
        """The metric."""
        return self.metrics.registry.get_sample_value("prewarn_canary_last_result_timestamp_seconds")


def test_its_age_is_that_of_the_slowest_partition(pack: Pack) -> None:
    """A heartbeat counts when its result was read back, and by when it was sent."""
    loop = Loop(pack)
    begun = loop.now
    loop.canary.beat()
    assert loop.shown == begun
    loop.now += 10
    loop.written.clear()
    loop.canary.beat()
    loop.carry(0, 1)
    assert len(loop.written) == 2
    assert loop.shown == begun
    loop.now += 3
    loop.carry(0)
    assert loop.shown == begun
    loop.canary.beat()
    loop.carry(1)
    loop.carry(1)
    assert loop.shown == begun + 10


def test_partitions_that_left_do_not_count(pack: Pack) -> None:
    """A worker without partitions shows no age; one that gets a partition counts from then on."""
    loop = Loop(pack)
    loop.canary.beat()
    loop.held = set()
    loop.canary.beat()
    assert loop.shown is None
    loop.now += 100
    loop.held = {1}
    loop.canary.beat()
    assert loop.shown == loop.now


def test_a_heartbeat_leaves_no_trace(pack: Pack) -> None:
    """It is a valid event of nobody; rules judge it, and nothing of it is counted or remembered."""
    loop = Loop(pack)
    loop.canary.beat()
    event = json.loads(loop.written[0]["value"])
    validator("settlement-event").validate(event)
    assert {event["psn_no"], event["fixmedins_code"], event["mdtrt_id"]} == {"prewarn-canary"}
    before = sum(number.value for number in loop.metrics.results.values())
    loop.carry(0, 1)
    loop.canary.beat()
    loop.carry(0, 1)
    assert [json.loads(record["value"])["action"] for record in loop.written] == ["pass", "pass"]
    assert before == sum(number.value for number in loop.metrics.results.values()) == 0


def test_nothing_piles_up_while_the_broker_is_away(pack: Pack) -> None:
    """With a full queue no heartbeat is added; the age goes on."""
    loop = Loop(pack)
    loop.is_full = True
    loop.canary.beat()
    assert loop.written == []
    assert loop.shown == loop.now


@pytest.mark.parametrize("value", [b"", b"[", b'{"event_type": "settlement"}'])
@pytest.mark.parametrize("key", [HEARTBEAT, b"result", b"other"])
def test_a_bad_record_harms_nobody(pack: Pack, key: bytes, value: bytes) -> None:
    """No exception leaves the canary: it would take events with it."""
    loop = Loop(pack)
    loop.canary.beat()
    loop.canary.handle(Incoming("canary", 0, 0, 0, key, value, []))
    errors = sum(n.value for (stage, _), n in loop.metrics.event_errors.items() if stage == "canary")
    assert errors == (key != b"other")
