"""Events of one partition that wait for rows elsewhere, and which of them must ask after which.

They are decided in their order, and whatever they see and change in one row they see and change in that order too: a
row keeps the offset of the last event that was folded into it (`streams.engine.folding`), and takes nothing
older. Events that have no row in common need not wait for each other. So an event asks as soon as those before it
have asked about its rows, and as those have been decided that change its rows only then.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.contract.events import Event
    from streams.engine.asks import Asks
    from streams.state.rows import Position


class Pending:
    """An event that waits."""

    __slots__ = (
        "asked",
        "asked_at",
        "asks",
        "awaited",
        "changes",
        "due",
        "event",
        "followers",
        "overdue",
        "position",
        "rows",
        "ticket",
        "touches",
        "waits_for",
    )

    def __init__(self, event: Event, position: Position, ticket: object, due: float) -> None:
        self.event = event
        self.position = position
        #: Whatever the clerk needs to write the answer.
        self.ticket = ticket
        #: When it is overdue, epoch seconds.
        self.due = due
        #: What it asks, and when it did, epoch seconds; to the accuracy with which `Desk.overdue` is called.
        self.asks: Asks | None = None
        self.asked = False
        self.asked_at = math.inf
        #: Keys of the rows elsewhere that it asks about, and of those that it changes when it is decided.
        self.touches: set[str] = set()
        self.changes: set[str] = set()
        #: How many rows it cannot ask about yet.
        self.waits_for = 0
        #: Those that wait for this one, once for each row: until it is decided (True), or until it has asked.
        self.followers: list[tuple[Pending, bool]] = []
        #: Owners that have not answered.
        self.awaited: set[int] = set()
        #: What the others answered.
        self.rows: dict[str, bytes] = {}
        self.overdue = False


class Queue:
    """One partition's events in their order.

    Attributes:
        events: All of them.
        by_offset: The same.
        unplaced: The last of them, for which `place` was not called yet.
        barrier: The event that they wait for: nobody knows yet which rows it changes when it is decided.
    """

    def __init__(self) -> None:
        self.events: deque[Pending] = deque()
        self.by_offset: dict[int, Pending] = {}
        self.unplaced: deque[Pending] = deque()
        self.barrier: Pending | None = None
        self._settlements: Counter[str] = Counter()
        #: By key of a row, the last event that keeps those behind it from asking about it.
        self._last: dict[str, Pending] = {}

    def append(self, pending: Pending) -> None:
        """Take in an event."""
        self.events.append(pending)
        self.by_offset[pending.position.offset] = pending
        self.unplaced.append(pending)

    def waits(self, setl_id: str) -> bool:
        """Whether an event that was placed, and is not decided, is this settlement."""
        return setl_id in self._settlements

    def place(self, pending: Pending) -> bool:
        """Have an event follow those whose rows it shares, and those behind it follow it; returns whether it may ask.

        Called once for each event, in their order, when it is known what it touches and changes.
        """
        if pending.event.event_type == "settlement":
            self._settlements[pending.event.setl_id or ""] += 1
        last = self._last
        if last:
            for key in pending.touches | pending.changes:
                before = last.get(key)
                if before is not None:
                    before.followers.append((pending, key in before.changes))
                    pending.waits_for += 1
        if pending.waits_for:
            last |= dict.fromkeys(pending.touches, pending)
        last |= dict.fromkeys(pending.changes, pending)
        return not pending.waits_for

    def asked(self, pending: Pending) -> Iterator[Pending]:
        """An event has asked: yield those that may ask now."""
        return self._let_go(pending, pending.touches - pending.changes, decided=False)

    def popleft(self) -> Pending:
        """Take out the first event: it is about to be decided."""
        pending = self.events.popleft()
        del self.by_offset[pending.position.offset]
        return pending

    def decided(self, pending: Pending) -> Iterator[Pending]:
        """An event that was taken out is decided: yield those that may ask now."""
        if pending.event.event_type == "settlement":
            name = pending.event.setl_id or ""
            self._settlements[name] -= 1
            if not self._settlements[name]:
                del self._settlements[name]
        if pending is self.barrier:
            self.barrier = None
        return self._let_go(pending, pending.changes, decided=True)

    def _let_go(self, pending: Pending, keys: set[str], *, decided: bool) -> Iterator[Pending]:
        last = self._last
        if last:
            for key in keys:
                if last.get(key) is pending:
                    del last[key]
        for follower, until_decided in pending.followers:
            if until_decided == decided:
                follower.waits_for -= 1
                if not follower.waits_for:
                    yield follower
