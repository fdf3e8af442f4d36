"""One message in, everything that follows from it out. Whatever is wrong with it, no exception leaves here."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from streams.contract.decode import Limits, decode_event
from streams.contract.rejected import Rejected
from streams.contract.results import stamp
from streams.observability.laps import Laps
from streams.state.rows import Position
from streams.topology.checkpoint import epoch_header
from streams.topology.clients import ROW_FACTOR
from streams.topology.deployment import ACCEPTED
from streams.topology.guard import Guard
from streams.topology.incoming import coordinates, source_of
from streams.topology.sink import Countdown

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event
    from streams.contract.person import Outgoing
    from streams.engine.desk import Desk
    from streams.engine.engine import Engine, Outcome
    from streams.engine.waiting import Pending
    from streams.observability.metrics import Metrics
    from streams.observability.traces import Traces
    from streams.rules.specs import Pack
    from streams.state.rows import Contribution
    from streams.state.store import Store
    from streams.topology.deployment import Deployment
    from streams.topology.exchange import Exchange
    from streams.topology.guard import Limits as Pauses
    from streams.topology.incoming import Incoming
    from streams.topology.sink import Headers, Sink

logger = logging.getLogger(__name__)

PATIENCE_S: Final = 2.0
"""How long owners that do answer have at least, also for an event that is overdue when it comes: after an outage all
are."""
IN_HAND_MIN: Final = 32
IN_HAND_MAX: Final = 250
"""Events that wait for owners who do answer; with more, reading pauses. An answer takes some milliseconds, so a worker
that catches up keeps busy with these, and none of them gets overdue only because so many were taken at once."""
SLOW_S: Final = PATIENCE_S / 2
"""Where all are busy, answers take longer the more is asked at once, and nothing is decided sooner: when the first has
waited for so long, reading pauses with `IN_HAND_MIN` in hand. Else all would be overdue, and answered twice. Not much
less: where brokers are far away an answer takes a while, and only many at once keep a worker busy."""
WAITING_MAX: Final = 20_000
"""Events that wait for owners, late ones too; with more, reading pauses."""
TICK_EVERY: Final = 32
"""Events after which messages between owners have their turn."""
DEAD_LETTER_FACTOR: Final = ROW_FACTOR // 2
"""A dead letter keeps what was received up to this many times the largest event that is screened."""


class Names(NamedTuple):
    """Topic names, as configured."""

    results: str
    alerts: str
    dead_letters: str
    windows: str
    traces: str
    settlements: str
    observations: str
    answers: str


class SettlementRows:
    """Collects the settlement rows that one event changed (`Store.on_settlement`)."""

    def __init__(self) -> None:
        self.changed: list[tuple[int, str, bytes]] = []

    def __call__(self, partition: int, setl_id: str, row: bytes) -> None:
        """Note a changed row."""
        self.changed.append((partition, setl_id, row))

    def take(self) -> list[tuple[int, str, bytes]]:
        """The rows noted since the last call, in the order of their change."""
        changed, self.changed = self.changed, []
        return changed


class Screening:
    """Decodes, screens and writes; the clerk of a desk.

    A result is written when the broker has acknowledged the settlement row that remembers it, and all that owners
    elsewhere were told of it. So whoever saw a result sees the same again, whatever crashes: a settlement without a row
    was answered to nobody.
    """

    desk: Desk

    def __init__(
        self,
        engine: Engine,
        store: Store,
        rows: SettlementRows,
        sink: Sink,
        exchange: Exchange,
        names: Names,
        limits: Limits,
        metrics: Metrics,
        outgoing: Outgoing,
        pauses: Pauses,
        deadline: float,
        deployment: Deployment | None = None,
        now: Callable[[], float] = time.time,
        traces: Traces | None = None,
    ) -> None:
        self.engine = engine
        self._store = store
        self._rows = rows
        self._sink = sink
        self._exchange = exchange
        self._deadline = deadline
        self._since_tick = 0
        self._names = names
        self._limits = limits
        self._metrics = metrics
        self._outgoing = outgoing
        self._deployment = deployment
        self._now = now
        self._traces = traces
        self._laps = Laps(metrics)
        self._guard = Guard(engine, metrics, pauses)

    def handle(self, message: Incoming) -> None:
        """Screen one record."""
        self.adopt()
        metrics = self._metrics
        metrics.events_consumed[message.topic].value += 1
        metrics.inflight_events.value += 1
        metrics.taken[message.partition] = message.timestamp
        self._laps.taken(self._now() - message.timestamp / 1000)
        try:
            event = decode_event(message.value or b"", arrived=message.timestamp, limits=self._limits)
        except Rejected as rejected:
            self._dead_letter(message, rejected.reason, rejected.detail)
            return
        self._laps.decoded()
        due = message.timestamp / 1000 + self._deadline
        if not self.desk.is_late(message.partition):
            due = max(due, self._now() + PATIENCE_S)
        position = Position(message.partition, message.offset)
        try:
            self.desk.take(event, position, message, due)
        except Exception as error:  # noqa: BLE001 - whatever one event does, its neighbours are screened
            self._failed(message, event, error)
        self._since_tick += 1
        if self._since_tick >= TICK_EVERY:
            self._since_tick = 0
            self._exchange.tick()

    @property
    def is_full(self) -> bool:
        """Whether so much waits for brokers or other owners that reading should pause."""
        desk = self.desk
        if self._sink.is_full or desk.waiting >= WAITING_MAX:
            return True
        if desk.waiting < IN_HAND_MIN:
            return False
        count, longest = desk.in_hand()
        return count >= (IN_HAND_MAX if longest < SLOW_S else IN_HAND_MIN)

    def poll(self) -> None:
        """See what the broker has acknowledged, and take in what owners answered."""
        self._sink.poll()
        self._exchange.tick()

    def decide(self, pending: Pending, early: list[Contribution] | None) -> None:
        """Screen an event whose turn it is, and write what follows."""
        event, position = pending.event, pending.position
        message = cast("Incoming", pending.ticket)
        self._laps.begin()
        try:
            outcome = self.engine.screen(event, position, early)
        except Exception as error:  # noqa: BLE001 - as above
            self._tell_owners(position)
            self._failed(message, event, error)
            return
        self._laps.screened()
        self._write(message, event, outcome, self._tell_owners(position))
        self._laps.written()

    def preview(self, pending: Pending) -> None:
        """Answer a settlement whose deadline passes while other owners are late."""
        message = cast("Incoming", pending.ticket)
        try:
            outcome = self.engine.preview(pending.event, pending.position)
        except Exception as error:  # noqa: BLE001 - as above
            self._count(message, error)
            return
        self._metrics.inflight_events.value += 1  # twice, as it is answered twice
        self._write(message, pending.event, outcome, [])

    def forget(self) -> None:
        """Drop what is under way: it is read again from what is committed."""
        self._metrics.inflight_events.value -= self.desk.waiting
        self.desk.clear()
        self._exchange.suspend()

    def _tell_owners(self, position: Position) -> list[int]:
        """Post what the event at `position` did to rows held elsewhere; returns the partitions a letter is due to."""
        owners = []
        for owner, ask in self.engine.folding.take_asks(position):
            self._exchange.post(owner, ask)
            if ask.late:
                owners.append(owner)
        return owners

    def _failed(self, message: Incoming, event: Event, error: Exception) -> None:
        """A fault of ours, not of the sender: the platform gets an answer that says so, and neighbours go on."""
        self._count(message, error)
        if event.event_type != "settlement":
            self._dead_letter(message, "internal", type(error).__name__)
            return
        self._write(message, event, self.engine.unscreened(event), [])

    def _count(self, message: Incoming, error: Exception) -> None:
        logger.error("an event could not be screened", exc_info=error, extra=coordinates(message))
        self._metrics.event_errors["engine", type(error).__name__].value += 1
        self._rows.take()

    def adopt(self) -> None:
        """Take the changed rule pack if one waits; called between two events, and now and then while there are none."""
        if self._deployment is None or not self._deployment.waits:
            return
        pack = self._deployment.take()
        if pack is None:
            return
        before = self.engine.pack
        self.engine.adopt(pack)
        show_ruleset(self._metrics, pack)
        self._metrics.ruleset_reloads[ACCEPTED].value += 1
        changes = differences(before, pack)
        logger.info("rule pack %s (%s) is in force: %s", pack.version, pack.sha256[:12], changes)

    def _write(self, message: Incoming, event: Event, outcome: Outcome, told: list[int]) -> None:
        rows = self._rows.take()
        self._guard.took(outcome)
        for rule_id, kind in outcome.failed:
            logger.error("rule %s raised %s", rule_id, kind, extra={"rule_id": rule_id} | coordinates(message))
            self._metrics.event_errors["rule", rule_id].value += 1
        if outcome.answer is None:
            self._write_rows(rows)
            self._finished()
            return
        emit = Countdown(bool(rows) + len(told), self._emitter(message, event.setl_id or "", outcome))
        for owner in told:
            self._exchange.send_letter(owner, emit)
        if rows:
            (partition, key, row), *others = rows
            self._send_row(partition, key, row, emit)
            self._write_rows(others)

    def _emitter(self, message: Incoming, setl_id: str, outcome: Outcome) -> Callable[[], None]:
        """What writes the result, and the alert, once the settlement row is safe."""
        made = self._now()
        body = stamp(outcome.answer or b"", int(made * 1000), self._outgoing)
        begun = self._laps.now()

        def emit() -> None:
            self._sink.send(self._names.results, body, key=setl_id, on_delivery=acknowledged)
            if outcome.action != "pass":
                self._sink.send(self._names.alerts, body, key=setl_id)

        def acknowledged() -> None:
            self._finished()
            self._laps.acknowledged(begun)
            if outcome.result is None:
                self._metrics.duplicates.value += 1
                return
            sent, now = message.timestamp / 1000, self._now()
            self._metrics.decided(outcome.result, now - sent)
            if self._traces is not None and self._traces.takes(setl_id):
                self._traces.answered(outcome.result, message[:3], message.headers, (sent, made, now))

        return emit

    def _finished(self) -> None:
        self._metrics.inflight_events.value -= 1

    def keep_rows(self) -> None:
        """Write settlement rows that changed without an event: what was taught of a settlement."""
        self._write_rows(self._rows.take())

    def _write_rows(self, rows: list[tuple[int, str, bytes]]) -> None:
        for partition, key, row in rows:
            self._send_row(partition, key, row)

    def _send_row(self, partition: int, key: str, row: bytes, on_delivery: Callable[[], None] | None = None) -> None:
        headers = epoch_header(self._store.partitions[partition].reached.epoch)
        self._sink.send(
            self._names.settlements, row, key=key, partition=partition, headers=headers, on_delivery=on_delivery
        )

    def _dead_letter(self, message: Incoming, reason: str, detail: str) -> None:
        self._metrics.dead_letters[reason].value += 1
        place = source_of(message)
        logger.warning("dead letter", extra=coordinates(message) | {"reason": reason, "detail": detail})
        headers: Headers = [
            ("reason", reason.encode()),
            ("detail", detail.encode()),
            *zip(("source_topic", "source_partition", "source_offset"), (part.encode() for part in place), strict=True),
        ]
        value = message.value
        most = DEAD_LETTER_FACTOR * self._limits.max_bytes
        if value is not None and len(value) > most:
            # What a broker takes compressed may be larger than it takes back; the beginning tells what it was.
            headers.append(("truncated", str(len(value)).encode()))
            value = value[:most]
        self._sink.send(
            self._names.dead_letters,
            value,
            key=message.key,
            timestamp=message.timestamp,
            headers=headers,
            on_delivery=self._finished,
        )


def show_ruleset(metrics: Metrics, pack: Pack) -> None:
    """Let metrics say which pack judges, and begin the series of its rules."""
    modes = {rule.rule_id: rule.mode for rule in pack.rules if rule.mode != "off"}
    metrics.set_ruleset(pack.version, pack.sha256, modes)


def differences(before: Pack, after: Pack) -> str:
    """Which rules and features a new pack adds, changes and removes, in a few words."""
    old, new = (
        {rule.rule_id: (rule.source, rule.params, rule.areas) for rule in pack.rules} for pack in (before, after)
    )
    parts = {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(rule_id for rule_id in new.keys() & old.keys() if new[rule_id] != old[rule_id]),
        "removed": sorted(old.keys() - new.keys()),
        "features that start without history": sorted(
            {feature.fid for feature in after.features} - {feature.fid for feature in before.features}
        ),
    }
    return "; ".join(f"{what} {', '.join(names)}" for what, names in parts.items() if names) or "same rules"
