"""Events of one partition that wait for rows elsewhere, and which of them must ask after which.

They are decided in their order, and whatever they see and change in one row they see and change in that order too: a
row keeps the offset of the last event that was folded into it (`streams.engine.folding`), and takes nothing
older. Events that have no row in common need not wait for each other. So an event asks as soon as those before it
have asked about its rows, and as those have been decided that change its rows only then.
"""

from __future__ import annotations

import math
from collections import deque
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
    """

    def __init__(self) -> None:
        self.events: deque[Pending] = deque()
        self.by_offset: dict[int, Pending] = {}
        #: By settlement, the events that are about it: itself, repeats, refunds and reversals of it.
        self._about: dict[str, list[Pending]] = {}
        #: By key of a row, the last event that keeps those behind it from asking about it.
        self._last: dict[str, Pending] = {}

    def waits(self, setl_id: str) -> bool:
        """Whether a settlement waits already."""
        about = self._about.get(setl_id, ())
        return any(each.event.event_type == "settlement" and each.event.setl_id == setl_id for each in about)

    def is_reversed(self, setl_id: str) -> bool:
        """Whether a reversal of a settlement waits."""
        return any(each.event.event_type == "reversal" for each in self._about.get(setl_id, ()))

    def rows_about(self, setl_id: str) -> set[str]:
        """Keys of the rows elsewhere that the waiting events about a settlement touch and change."""
        return {key for each in self._about.get(setl_id, ()) for key in (*each.touches, *each.changes)}

    def append(self, pending: Pending) -> bool:
        """Have an event follow those whose rows it shares, and those behind it follow it; returns whether it may ask.

        It must be known by then what it touches and changes.
        """
        self.events.append(pending)
        self.by_offset[pending.position.offset] = pending
        for name in _names(pending.event):
            self._about.setdefault(name, []).append(pending)
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
        for name in _names(pending.event):
            about = self._about[name]
            about.remove(pending)
            if not about:
                del self._about[name]
        return pending

    def decided(self, pending: Pending) -> Iterator[Pending]:
        """An event that was taken out is decided: yield those that may ask now."""
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


def _names(event: Event) -> set[str]:
    """The settlements that an event is about."""
    if event.event_type == "settlement":
        return {name for name in (event.setl_id, event.init_setl_id) if name}
    return {event.init_setl_id} if event.event_type == "reversal" and event.init_setl_id else set()
