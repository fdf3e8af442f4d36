"""The asker's side: events wait here, in their order, for rows that other partitions own.

An event's observations go out when it arrives, and it is decided when it is first in its partition and every owner has
answered: many events are on their way at once, and each sees the windows as all before it left them. Rows of other
partitions that are held here too are seen and changed when the event is decided, as its own partition's are. What
changes rows elsewhere only when it is decided (a reversal, a refund) holds back the asks of those behind it that
concern these rows (`streams.engine.waiting`). So a result is what one engine with all rows would have said, whoever
holds them. An owner that is late holds up its askers' windows, not their answers: what is overdue gets a provisional
result (`Engine.preview`), and a revision later.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from streams.engine.asks import Ask, AskBuilder, Asks, decode_rows, rows_of
from streams.engine.waiting import Pending, Queue
from streams.state.rows import decode_window

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from streams.contract.events import Event
    from streams.engine.engine import Engine
    from streams.state.rows import Contribution, Position
    from streams.state.store import Store


LATE_S: Final = 2.0
"""An owner that has not answered for so long is late: stopped, or cut off. A busy one answers within milliseconds."""
PREVIEWS: Final = 100
"""Settlements previewed at once, at most: about 0.1 s of work."""


class Clerk(Protocol):
    """Decides events and writes what follows."""

    def decide(self, pending: Pending, early: list[Contribution] | None) -> None:
        """Screen an event whose turn it is; must not raise."""

    def preview(self, pending: Pending) -> None:
        """Say what can be said of a settlement that is overdue; must not raise."""


class _Here(NamedTuple):
    """What of the rows here is open to the events of a partition."""

    #: By open partition, the offset of the last event that it was asked about. Of those up to it, it may have been told
    #: before, by whoever had the events then: its rows have moved on, and it is asked what they were.
    latest: dict[int, int]
    until: int
    #: All of these partitions, and the asker's own.
    numbers: set[int]


class Desk:
    """Keeps events until they can be decided.

    Args:
        engine: Decides them.
        store: The rows held here.
        post: Gives an ask to its owner: returns the answer at once if the owner is here, None if it is on its way.
        clerk: See `Clerk`.
    """

    def __init__(self, engine: Engine, store: Store, post: Callable[[int, Ask], bytes | None], clerk: Clerk) -> None:
        self._engine = engine
        self._store = store
        self._post = post
        self._clerk = clerk
        self._queues: dict[int, Queue] = {}
        #: Partitions whose next event may be decidable.
        self._ready: set[int] = set()
        #: By the asker's partition, see `_Here`.
        self._here: dict[int, _Here] = {}
        self.waiting = 0
        #: When `overdue` was called last, epoch seconds.
        self._now = math.inf

    def take(self, event: Event, position: Position, ticket: object, due: float) -> None:
        """Ask whoever must be asked; the event is decided at once if nobody must be, or in its turn by `go_on`.

        Args:
            event: The event.
            position: Where it came from; offsets of a partition come in their order.
            ticket: Handed to the clerk.
            due: When it is overdue, epoch seconds.
        """
        pending = Pending(event, position, ticket, due)
        store = self._store
        queue = self._queues.get(position.partition)
        if queue is None and store.is_open(position.partition):
            if len(self._rows_here(position)) < store.count:
                pending.asks = self._asks(pending, None)
            if pending.asks is None or not pending.asks.by_owner:
                self._clerk.decide(pending, None)
                return
        if queue is None:
            queue = self._queues[position.partition] = Queue()
        try:
            self._prepare(pending, queue)
        except Exception:  # noqa: BLE001 - what cannot be asked for cannot be screened either: the clerk is told then
            pending.asks = None
        self.waiting += 1
        if queue.append(pending):
            self._ask(queue, pending)
        self._ready.add(position.partition)

    def _prepare(self, pending: Pending, queue: Queue) -> None:
        """Find out what an event asks, and which rows elsewhere that concerns."""
        asks = pending.asks = pending.asks or self._asks(pending, queue)
        for ask in asks.by_owner.values():
            pending.touches.update(ask.keys, (told.key for told in ask.contributions))
        pending.changes = self._changes(pending, queue)

    def _ask(self, queue: Queue, first: Pending) -> None:
        """Post what an event asks, and then what those ask that waited for it."""
        able = [first]
        for pending in able:
            pending.asked, pending.asked_at = True, self._now
            asks = pending.asks
            for owner, ask in asks.by_owner.items() if asks is not None else ():
                answer = self._post(owner, ask)
                if answer is not None:
                    pending.rows |= decode_rows(answer)
                elif ask.keys:
                    pending.awaited.add(owner)
            able.extend(queue.asked(pending))

    def _changes(self, pending: Pending, queue: Queue) -> set[str]:
        """The rows elsewhere that an event may change when it is decided."""
        event, here = pending.event, self._rows_here(pending.position)
        changed: set[str] = set()
        rows: Iterable[tuple[str, str]] = ()
        if event.event_type == "reversal" or event.refd_setl_flag == "1":
            names = {name for name in (event.init_setl_id, event.setl_id) if name}
            changed = pending.touches.union(*map(queue.rows_about, names))
            rows = self._engine.ledger.rows_of(names, event, pending.position)
        elif self._engine.plan.late_scopes:
            rows = rows_of(self._engine.plan.late_scopes, event, self._engine.context(event))
        return changed.union(key for key, owner in rows if self._store.partition_of(key, owner) not in here)

    def answered(self, partition: int, offset: int, owner: int, rows: bytes) -> None:
        """Take an owner's answer; one that nobody waits for (any more) changes nothing."""
        queue = self._queues.get(partition)
        pending = None if queue is None else queue.by_offset.get(offset)
        if pending is None or owner not in pending.awaited:
            return
        pending.awaited.discard(owner)
        pending.rows |= decode_rows(rows)
        self._ready.add(partition)

    def go_on(self, most: float = math.inf) -> bool:
        """Decide events whose turn has come.

        An answer that came late may release hundreds at once. Meanwhile nobody else gets answers from here, so a worker
        decides a few, answers, and decides the next.

        Args:
            most: How many at most.

        Returns:
            Whether more could be decided at once.
        """
        while self._ready and most > 0:
            partition = self._ready.pop()
            if self._next(partition):
                self._ready.add(partition)
            most -= 1
        return bool(self._ready)

    def overdue(self, now: float) -> None:
        """Have the settlements that are overdue previewed; called several times a second, with the time of day.

        But none whose partition could go on: to decide an event costs no more, and is its last answer.
        """
        self._now = now
        left = PREVIEWS
        for partition, queue in list(self._queues.items()):
            if self._can_go_on(partition, queue) or partition not in self._store.partitions:
                continue
            for pending in queue.events:
                if pending.due > now or not left:
                    break
                if pending.overdue:
                    continue
                left -= 1
                pending.overdue = True
                if pending.event.event_type == "settlement":
                    with shown(self._store, pending.rows):
                        self._clerk.preview(pending)

    def is_late(self, partition: int) -> bool:
        """Whether an owner that the next event of a partition waits for has not answered for long."""
        queue = self._queues.get(partition)
        return queue is not None and self._is_late(queue)

    def _is_late(self, queue: Queue) -> bool:
        return self._now - queue.events[0].asked_at > LATE_S

    def in_hand(self) -> tuple[int, float]:
        """How many events wait for owners who do answer, and how long (s) the first of them has waited."""
        count, longest = 0, 0.0
        for queue in self._queues.values():
            waited = self._now - queue.events[0].asked_at
            if waited <= LATE_S:
                count += len(queue.events)
                longest = max(longest, waited)
        return count, longest

    def first_waiting(self, partition: int) -> int | None:
        """Offset of the event that is next in a partition; it and what follows must be read again after a crash."""
        queue = self._queues.get(partition)
        return queue.events[0].position.offset if queue else None

    def clear(self) -> None:
        """Forget every event: partitions were shared anew, and whoever has them reads on from what is committed."""
        self._queues.clear()
        self._ready.clear()
        self._here.clear()
        self.waiting = 0

    def _rows_here(self, position: Position) -> Collection[int]:
        """The partitions whose rows the event at `position` sees and changes by function calls when it is decided."""
        asker = position.partition
        here = self._here.get(asker)
        if here is None:
            held = self._store.partitions.items()
            latest = {number: rows.answers.latest(asker) for number, rows in held if rows.open and number != asker}
            here = self._here[asker] = _Here(latest, max(latest.values(), default=-1), {asker, *latest})
        if position.offset > here.until:
            return here.numbers
        return {asker, *(number for number, last in here.latest.items() if position.offset > last)}

    def opened(self, partition: int) -> None:
        """Go on with the events of a partition into which all is folded that others sent before it was here."""
        self._here.clear()
        self._ready.add(partition)

    def _next(self, partition: int) -> bool:
        """Decide the next event of a partition, if it can be; returns whether it was."""
        queue = self._queues.get(partition)
        if queue is None or not self._can_go_on(partition, queue):
            return False
        pending = queue.popleft()
        self.waiting -= 1
        if not queue.events:
            del self._queues[partition]
        early = None if pending.asks is None else pending.asks.early
        with shown(self._store, pending.rows):
            self._clerk.decide(pending, early)
        for follower in queue.decided(pending):
            self._ask(queue, follower)
        return True

    def _can_go_on(self, partition: int, queue: Queue) -> bool:
        first = queue.events[0]
        return first.asked and not first.awaited and self._store.is_open(partition)

    def _asks(self, pending: Pending, queue: Queue | None) -> Asks:
        engine, event, position = self._engine, pending.event, pending.position
        engine.identify(event)
        builder = AskBuilder(self._store, position.partition, position.offset, self._rows_here(position))
        early = list(self._early(event, position, queue, builder))
        for contribution in early:
            builder.put(contribution)
        return Asks(early, builder.by_owner)

    def _early(
        self, event: Event, position: Position, queue: Queue | None, builder: AskBuilder
    ) -> Iterator[Contribution]:
        """What is known of an event's contributions already; asks for the rows that it needs."""
        engine, context = self._engine, self._engine.context(event)
        if event.event_type == "reversal":
            return
        if event.event_type != "settlement":
            yield from engine.plan.early(event, context)
            return
        setl_id = event.setl_id or ""
        known = engine.ledger.settlement(event, position)
        if known is not None and known.answer and not known.provisional:
            if known.position == position and event.refd_setl_flag != "1":
                # A replay after a crash: whether the owners were told is not known.
                yield from engine.folding.first_step(known.contributions)
            return
        if queue is not None and queue.waits(setl_id):
            return
        for key, owner in rows_of(engine.plan.scopes, event, context):
            builder.read(key, owner)
        is_reversed = (known is not None and known.reversed_at is not None) or (
            queue is not None and queue.is_reversed(setl_id)
        )
        if event.refd_setl_flag != "1" and not is_reversed:
            yield from engine.plan.early(event, context)


@contextmanager
def shown(store: Store, rows: dict[str, bytes]) -> Iterator[None]:
    """Let rows of other partitions be seen for a while."""
    store.visiting = {key: decode_window(raw) if raw else None for key, raw in rows.items()}
    try:
        yield
    finally:
        store.visiting = {}
