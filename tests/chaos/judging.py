"""Compares what a run left behind with what is right, and counts what is lost, duplicated and differing."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.contract.time import DAY_MS
from streams.engine.engine import Engine
from streams.features.buckets import SINCE
from streams.state.rows import decode_settlement, decode_window, newest_of
from streams.state.store import Store, encoded
from streams.topology.partitions import area_partition
from streams.topology.recovery import Recovery
from streams.topology.screening import Names
from streams.topology.statekey import StateKey
from tests.chaos.filerun import KEY, digest, said, settlement_state, window_state
from tests.chaos.sending import AHEAD
from tests.chaos.story import EVENTS_A_DAY
from tests.chaos.trouble import Trouble
from tests.chaos.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from confluent_kafka import Message

    from streams.state.store import Partition
    from tests.chaos.filerun import Digest, Expected
    from tests.chaos.installation import Installation

_BATCH: Final = 2_000
_WAIT_S: Final = 1.0
_REFUSED: Final = "rule pack is refused"
"""The one error that a run deploys on purpose."""
APART_MS: Final = (AHEAD + Trouble.far) * DAY_MS // EVENTS_A_DAY
"""How far apart in event time what one partition and another are sent at the same moment can be."""
_SUSPECT: Final = (
    "duplicated: results that contradict each other",
    "differing: result",
    "differing: settlement row",
)
"""What is wrong with a settlement of which every record is told."""
_READER: Final[dict[str, Any]] = {
    "group.id": "chaos",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "fetch.message.max.bytes": 8 << 20,
}


def judge(installation: Installation, expected: Expected) -> Verdict:
    """Compare everything that an installation wrote with what is right; its workers have stopped."""
    verdict = Verdict()
    _alerts(installation, _results(installation, expected, verdict), verdict)
    _dead_letters(installation, expected, verdict)
    _state(installation, expected, verdict)
    _logs(installation, verdict)
    _trail(installation, verdict)
    return verdict


@dataclass
class Results:
    """The results that were written.

    Attributes:
        by_revision: What each revision said, `screened_at` aside.
        effective: The highest revision, what it says to a file run's eyes, and its action.
    """

    by_revision: dict[str, dict[int, Digest]] = field(default_factory=lambda: defaultdict(dict))
    effective: dict[str, tuple[int, Digest, str]] = field(default_factory=dict)


def _results(installation: Installation, expected: Expected, verdict: Verdict) -> Results:
    """Compare the results with the file run's."""
    found = Results()
    for message in _records(installation, "screening.results"):
        verdict.counts["results written"] += 1
        setl_id, revision, whole, what = _read(message.value())
        if (message.key() or b"").decode() != setl_id:
            verdict.differ("result under another key", setl_id)
        if found.by_revision[setl_id].setdefault(revision, whole) != whole:
            verdict.double("results that contradict each other", f"{setl_id} revision {revision}")
        if revision >= found.effective.get(setl_id, (0, b"", ""))[0]:
            found.effective[setl_id] = (revision, digest(what), what["action"])
    different = sum(map(len, found.by_revision.values()))
    verdict.counts["settlements compared"] = len(expected.results)
    verdict.counts["revised"] = sum(len(revisions) > 1 for revisions in found.by_revision.values())
    verdict.counts["repeated"] = verdict.counts["results written"] - different
    for setl_id, right in expected.results.items():
        if setl_id not in found.effective:
            verdict.lose("settlement without result", setl_id)
        elif found.effective[setl_id][1] != right:
            verdict.differ("result", setl_id)
    for setl_id in found.effective.keys() - expected.results.keys():
        verdict.double("result of an unknown settlement", setl_id)
    return found


def _read(body: bytes) -> tuple[str, int, Digest, dict[str, Any]]:
    """Return settlement and revision, what a repeat must say again, and what the file run must say."""
    # All but the moment, which is the last field: of bytes that are the same again nothing needs to be understood.
    whole = blake2b(body[: body.rindex(b'"screened_at"')], digest_size=12).digest()
    what, revision = said(body)
    return what["setl_id"], revision, whole, what


def _alerts(installation: Installation, results: Results, verdict: Verdict) -> None:
    """An alert is the result again, and every effective result that is not a pass has one.

    Of a provisional result that a crash cut short, result or alert may be missing: the revision has both.
    """
    met: dict[tuple[str, int], Digest] = {}
    for message in _records(installation, "risk.alerts"):
        setl_id, revision, whole, _ = _read(message.value())
        if met.setdefault((setl_id, revision), whole) != whole:
            verdict.double("alerts that contradict each other", f"{setl_id} revision {revision}")
        if results.by_revision.get(setl_id, {}).get(revision, whole) != whole:
            verdict.double("alert that says another thing than its result", f"{setl_id} revision {revision}")
        if revision > results.effective.get(setl_id, (0, b"", ""))[0]:
            verdict.double("alert without result", f"{setl_id} revision {revision}")
    for setl_id, (revision, _, action) in results.effective.items():
        if action == "pass":
            continue
        verdict.counts["alerts compared"] += 1
        if (setl_id, revision) not in met:
            verdict.lose("alert", f"{setl_id} revision {revision}")


def _dead_letters(installation: Installation, expected: Expected, verdict: Verdict) -> None:
    """Every record that nobody can read is kept under one source position, with its reason."""
    places: dict[Digest, set[tuple[bytes, ...]]] = defaultdict(set)
    for message in _records(installation, "screening.dead-letters"):
        name = digest(message.value())
        headers = dict(message.headers())
        places[name].add((headers["source_partition"], headers["source_offset"]))
        right = expected.dead_letters.get(name)
        if right is None:
            verdict.double("dead letter of a good record", headers)
        elif right != headers["reason"].decode():
            verdict.differ("reason of a dead letter", f"{headers} instead of {right}")
    verdict.counts["dead letters compared"] = len(expected.dead_letters)
    for name in expected.dead_letters:
        if name not in places:
            verdict.lose("dead letter", name.hex())
        elif len(places[name]) > 1:
            verdict.double("dead letter from several places", places[name])


def _state(installation: Installation, expected: Expected, verdict: Verdict) -> None:
    """Compare the rows that the next worker would find with those of the file run.

    One partition after the other: of a million settlements the file run's rows alone fill six gigabytes.
    """
    right = expected.store.partitions[0]
    lives = Engine(expected.pack, expected.store, KEY).lives
    windows = _Rows(
        "window row",
        lambda raw: window_state(decode_window(encoded(raw))),
        right.windows,
        verdict,
        _expiry(expected, lives),
        lambda key, wanted, got: begun_anew(wanted, got, lives(key)),
    )
    settlements = _Rows(
        "settlement row", lambda raw: settlement_state(decode_settlement(raw)), right.settlements, verdict
    )
    for number in range(installation.partitions):
        partition = restored(installation, expected, number)
        for key in partition.windows.keys() & windows.seen:
            verdict.double("row in two partitions", f"{key} in {number}")
        windows.take(partition.windows)
        settlements.take(partition.settlements)
    verdict.counts["window rows compared"] = len(right.windows)
    verdict.counts["settlement rows compared"] = len(right.settlements)
    verdict.counts["of them over and gone"] = windows.end()
    settlements.end()


def _logs(installation: Installation, verdict: Verdict) -> None:
    """Whatever happens around it, nothing goes wrong inside a worker that it would have to log as a fault of ours."""
    for worker in installation.fleet:
        for line in worker.log.splitlines():
            if (" ERROR streams." in line and _REFUSED not in line) or line.startswith("Traceback"):
                verdict.differ("fault in the log of a worker", line)


def _trail(installation: Installation, verdict: Verdict) -> None:
    """Tell every record of the first settlement that is wrong: what was said and remembered when."""
    suspects = [example for wrong in _SUSPECT for example in verdict.examples[wrong]]
    if not suspects:
        return
    setl_id = suspects[0].split(":")[0].split()[0]
    for name in ("screening.results", "prewarn.settlements"):
        for message in _records(installation, name):
            if message.key() == setl_id.encode():
                place = f"{name} {message.partition()}:{message.offset()} at {message.timestamp()[1]}"
                verdict.note(
                    f"trail of {setl_id}", f"{place} {dict(message.headers() or ())} {_told(name, message.value())}"
                )


def _told(name: str, body: bytes) -> str:
    """Return a result, or what a settlement row remembers of one and of the event's place."""
    if name == "screening.results":
        return body.decode()
    row = decode_settlement(body)
    said_then = f"revision {said(row.answer)[1]}, {digest(said(row.answer)[0]).hex()}" if row.answer else "no answer"
    return f"{row.position}, {said_then}, provisional {row.provisional}, reversed at {row.reversed_at}"


def restored(installation: Installation, expected: Expected, number: int) -> Partition:
    """Return the state of a partition that its next worker would begin with, read by the worker's own recovery."""
    store = Store(installation.partitions, area_partition(installation.partitions))
    store.hold({number})
    topic = installation.topic
    names = Names(
        results=topic("screening.results"),
        alerts=topic("risk.alerts"),
        dead_letters=topic("screening.dead-letters"),
        windows=topic("prewarn.windows"),
        traces=topic("prewarn.trace-codes"),
        settlements=topic("prewarn.settlements"),
        observations=topic("prewarn.observations"),
        answers=topic("prewarn.answers"),
    )
    engine, own = Engine(expected.pack, store, KEY), StateKey(KEY)
    config = installation.client.settings | _READER
    recovery = Recovery(config, names, store, engine, own, threading.Event())
    recovery.read_images({number})
    recovery.adopt({number})
    return store.partitions[number]


@dataclass
class _Rows:
    """Compares rows of one kind, as many at a time as are at hand; one that is over may be gone.

    Attributes:
        what: Their kind, for people.
        state: What a row says.
        right: The rows that there should be.
        seen: The rows that there are.
    """

    what: str
    state: Callable[[Any], dict[str, Any]]
    right: Mapping[str, Any]
    verdict: Verdict
    is_over: Callable[[str, Any], bool] = lambda _key, _raw: False
    is_excused: Callable[[str, Any, Any], bool] = lambda _key, _wanted, _got: False
    seen: set[str] = field(default_factory=set)

    def take(self, found: Mapping[str, Any]) -> None:
        """Compare some that there are."""
        self.seen |= found.keys()
        for key, raw in found.items():
            got = self.state(raw)
            if key not in self.right:
                if any(got.values()):
                    self.verdict.double(self.what, f"{key}: {got}"[:500])
                continue
            wanted = self.state(self.right[key])
            if got != wanted and not self.is_excused(key, wanted, got):
                self.verdict.differ(self.what, f"{key}: {difference(wanted, got)}")

    def end(self) -> int:
        """Tell of those that there are not, and return how many of them may be gone."""
        gone = 0
        for key, raw in self.right.items():
            if key in self.seen:
                continue
            wanted = self.state(raw)
            if self.is_over(key, raw):
                gone += 1
            elif any(wanted.values()):
                self.verdict.lose(self.what, f"{key}: {wanted}"[:500])
        return gone


def begun_anew(wanted: Mapping[str, Any], got: Mapping[str, Any], life: int) -> bool:
    """Tell whether two states are the same but for since when they look at their entity.

    A row that was over is dropped, and begun anew when its entity comes again: a row's `life` (ms) after it began first
    at the earliest, by the latest event that touched any row of its partition. That may have come from a partition that
    is further in the story than the row's own, so that what comes next seems to come earlier by as much. A file run
    drops nothing.
    """

    def same(one: Any, other: Any) -> bool:
        if one == other:
            return True
        if not isinstance(one, list) or not isinstance(other, list) or len(one) <= SINCE or len(other) <= SINCE:
            return False
        since = one[SINCE]
        return other == [*one[:SINCE], other[SINCE], *one[SINCE + 1 :]] and other[SINCE] - since > life - APART_MS

    return wanted.keys() == got.keys() and all(same(state, got[name]) for name, state in wanted.items())


def _expiry(expected: Expected, lives: Callable[[str], int]) -> Callable[[str, Any], bool]:
    """Tell of a row whether its longest window has passed by the latest event: workers drop such rows."""
    rows = expected.store.partitions[0].windows

    def newest(row: Any) -> int:
        return newest_of(row) if isinstance(row, bytes) else int(row.newest)

    latest = max(map(newest, rows.values()), default=0)
    return lambda key, row: newest(row) + lives(key) < latest


def difference(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> str:
    """Return what two states differ in, in a line of bounded length."""
    return "; ".join(_differences("", wanted, got))[:800]


def _differences(name: str, wanted: Any, got: Any) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in {**wanted, **got}:
            yield from _differences(f"{name}.{key}", wanted.get(key), got.get(key))
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for place, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _differences(f"{name}[{place}]", one, other)
    elif wanted != got:
        yield f"{name[1:]} is {got} instead of {wanted}"


def _records(installation: Installation, name: str) -> Iterator[Message]:
    """Yield all records of a topic, partition by partition as they come; memory stays bounded."""
    topic, count = installation.topic(name), installation.partitions
    consumer = Consumer(installation.client.settings | _READER)
    try:
        unread = set(range(count))
        consumer.assign([TopicPartition(topic, number, 0) for number in unread])
        while unread:
            for message in consumer.consume(_BATCH, _WAIT_S):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
