"""Order across partitions."""

from __future__ import annotations

from heapq import merge
from typing import NamedTuple

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.topology.consumer import BATCH, batches
from streams.topology.incoming import Incoming
from streams.topology.ordering import OUTAGE_S, PATIENCE_S, Merger


class Record(NamedTuple):
    offset: int
    timestamp: int


class Cluster:
    """Partitions with all their records, fetched in chunks of one partition at a time."""

    def __init__(self, partitions: dict[int, list[int]]) -> None:
        self.records = {
            TP("t", p): [Record(n, t) for n, t in enumerate(sorted(times))] for p, times in partitions.items()
        }
        self.position = dict.fromkeys(self.records, 0)

    def fetch(self, number: int, count: int) -> dict[TP, list[Record]]:
        tp = list(self.records)[number % len(self.records)]
        at = self.position[tp]
        self.position[tp] = min(len(self.records[tp]), at + count)
        chunk = self.records[tp][at : self.position[tp]]
        return {tp: chunk} if chunk else {}

    def behind(self, tp: TP) -> bool | None:
        return self.position[tp] < len(self.records[tp])


@given(
    partitions=st.dictionaries(st.integers(0, 4), st.lists(st.integers(0, 50), max_size=20), min_size=1),
    chunks=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 8)), max_size=40),
)
def test_catching_up_keeps_the_order_of_timestamps(
    partitions: dict[int, list[int]], chunks: list[tuple[int, int]]
) -> None:
    """However the chunks of several partitions arrive, records come out by timestamp, each once, none missing."""
    cluster = Cluster(partitions)
    merger = Merger(cluster.behind, clock=lambda: 0.0)
    active = set(cluster.records)
    out: list[tuple[TP, Record]] = []
    rest = [(number, 50) for number in range(len(cluster.records))]
    for number, count in [*chunks, *rest]:
        released = merger.release(cluster.fetch(number, count), active)
        out += merge(*[[(tp, r) for r in rs] for tp, rs in released.items()], key=lambda entry: entry[1].timestamp)
    assert [r.timestamp for _, r in out] == sorted(r.timestamp for _, r in out)
    assert sorted((tp, r) for tp, r in out) == sorted((tp, r) for tp, rs in cluster.records.items() for r in rs)
    assert not merger.holds


def test_nothing_waits_for_a_partition_at_its_end() -> None:
    """Live, when every partition is read to its end, records go on at once."""
    a, b = TP("t", 0), TP("t", 1)
    merger = Merger(lambda _tp: False, clock=lambda: 0.0)
    assert {a: [Record(0, 5)]} == merger.release({a: [Record(0, 5)]}, {a, b})


def test_a_silent_partition_holds_the_others_only_for_so_long() -> None:
    """A partition that has more but sends nothing is waited for while others get more, and then no longer."""
    a, b = TP("t", 0), TP("t", 1)
    now = [0.0]
    merger = Merger(lambda tp: tp == b, clock=lambda: now[0])
    for tick in range(10):
        now[0] = tick * PATIENCE_S / 10
        assert merger.release({a: [Record(tick, tick)]}, {a, b}) == {}
    now[0] = PATIENCE_S
    assert len(merger.release({a: [Record(10, 10)]}, {a, b})[a]) == 11


def test_in_an_outage_nobody_goes_ahead() -> None:
    """While nothing comes for any partition nothing is let go, and patience begins anew when something comes."""
    a, b = TP("t", 0), TP("t", 1)
    now = [0.0]
    merger = Merger(lambda tp: tp == b, clock=lambda: now[0])
    merger.release({a: [Record(0, 5)]}, {a, b})
    now[0] = OUTAGE_S / 2
    assert merger.release({}, {a, b}) == {}
    assert merger.release({a: [Record(1, 6)]}, {a, b}) == {}
    now[0] = OUTAGE_S * 2
    assert {a: [Record(0, 5), Record(1, 6)]} == merger.release({}, {a, b})


def test_what_was_held_is_forgotten_when_the_consumer_is_moved() -> None:
    """After a seek the broker sends again what was held back: it must not come twice."""
    a, b = TP("t", 0), TP("t", 1)
    merger = Merger(lambda tp: tp == b, clock=lambda: 0.0)
    merger.release({a: [Record(0, 5)]}, {a, b})
    merger.clear()
    assert not merger.holds
    assert merger.release({}, {a, b}) == {}


def test_heartbeats_wait_for_nobody() -> None:
    """Records of an unordered topic go on at once, and one that is behind holds nobody back."""
    events, beats = TP("t", 0), TP("beats", 0)
    merger = Merger(lambda _tp: True, frozenset({"beats"}), clock=lambda: 0.0)
    assert merger.release({beats: [Record(0, 9)]}, {events, beats}) == {beats: [Record(0, 9)]}
    assert merger.release({events: [Record(0, 5)]}, {events, beats}) == {events: [Record(0, 5)]}


def _incoming(topic: str, partition: int, offset: int, timestamp: int) -> Incoming:
    return Incoming(topic, partition, offset, timestamp, None, None, [])


def test_equal_timestamps_have_one_order() -> None:
    """Records of one millisecond come in the order of topic, partition and offset, whatever the order of fetching."""
    first, second, third = _incoming("t", 0, 0, 7), _incoming("t", 0, 1, 7), _incoming("t", 1, 0, 7)
    assert list(batches({TP("t", 1): [third], TP("t", 0): [first, second]})) == [[first, second, third]]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from("ab"), st.integers(0, 9)), max_size=3 * BATCH))
def test_batches_keep_every_record_and_the_order_of_each_partition(records: list[tuple[int, str, int]]) -> None:
    """Whatever their timestamps: a sender's clock may go back. A batch is of one topic and bounded."""
    released: dict[TP, list[Incoming]] = {}
    for partition, topic, timestamp in records:
        of = released.setdefault(TP(topic, partition), [])
        of.append(_incoming(topic, partition, len(of), timestamp))
    found = list(batches(released))
    assert all(0 < len(batch) <= BATCH and len({record.topic for record in batch}) == 1 for batch in found)
    for tp, expected in released.items():
        assert [r for batch in found for r in batch if (r.topic, r.partition) == tuple(tp)] == expected
    assert sum(map(len, found)) == len(records)
