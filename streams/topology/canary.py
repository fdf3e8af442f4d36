"""The canary: a heartbeat that travels the way of an event, every few seconds, through every partition held.

It tells a quiet night from a dead pipeline: no settlements and no heartbeats is not the same as no settlements.

The way: the worker writes a heartbeat to its partition of `prewarn.canary`; Faust reads it in the same consumer, queue
and agent as the events; it is decoded, and screened by the rules in force; its result is written by the same producer,
and counts when the consumer has read it back. A worker whose loop is stuck, whose group is lost, whose engine fails or
whose writes are not acknowledged has an old canary.

What it is not: a settlement. The platform's topics carry neither heartbeat nor result, so nobody else has to know of
it; it is screened by an engine of its own on rows that are forgotten at once, so no window and no metric of rules sees
it; and its identifiers are no person's. The hop of `PREWARN_REKEY` is not on its way.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

import orjson

from streams.contract.decode import decode_event
from streams.contract.time import format_time
from streams.engine.engine import Engine
from streams.state.rows import Position
from streams.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.observability.metrics import Metrics
    from streams.rules.specs import Pack
    from streams.topology.app import Handler
    from streams.topology.incoming import Incoming
    from streams.topology.sink import Sink

logger = logging.getLogger(__name__)

HEARTBEAT: Final = b"heartbeat"
RESULT: Final = b"result"
"""The two kinds of record, told by their key."""
NOBODY: Final = "prewarn-canary"
"""Institution, person and visit of a heartbeat."""
_AREA: Final = "110000"


class Canary:
    """Sends heartbeats, screens them, and knows how old the last one is that came back.

    Args:
        topic: `prewarn.canary` as it is called here; it has as many partitions as the events.
        sink: Where heartbeats and their results are written.
        pack: Tells the rules in force.
        held: Tells the partitions held.
        metrics: Where the age is shown.
    """

    def __init__(
        self,
        topic: str,
        sink: Sink,
        pack: Callable[[], Pack],
        held: Callable[[], set[int]],
        metrics: Metrics,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.topic = topic
        self._sink = sink
        self._pack = pack
        self._held = held
        self._metrics = metrics
        self._now = now
        self._store = Store()
        self._engine: Engine | None = None
        #: When the newest heartbeat that came back was sent, epoch seconds, by partition held; when it was taken over,
        #: before the first did.
        self._back: dict[int, float] = {}

    async def run(self, every_s: float) -> NoReturn:
        """Send heartbeats regularly; never returns."""
        while True:
            self.beat()
            await asyncio.sleep(every_s)

    def beat(self) -> None:
        """Send one heartbeat into every partition held, and show the age of the slowest."""
        held, now = self._held(), self._now()
        self._back = {partition: self._back.get(partition, now) for partition in held}
        self._show()
        if self._sink.is_full:
            return  # heartbeats that pile up would say nothing new when the broker is back
        for partition in sorted(held):
            self._sink.send(self.topic, heartbeat(partition, now), key=HEARTBEAT, partition=partition)

    def beside(self, handler: Handler) -> Handler:
        """Return a handler of both: events go on to `handler`."""
        return _Either(self, handler)

    def handle(self, message: Incoming) -> None:
        """Take a record of the canary's topic. Whatever is wrong with it, no exception leaves here."""
        try:
            if message.key == HEARTBEAT:
                self._screen(message)
            elif message.key == RESULT and message.partition in self._back:
                self._came_back(message.partition, orjson.loads(message.value or b"")["sent"])
        except Exception as error:
            logger.exception("a heartbeat was lost")
            self._metrics.event_errors["canary", type(error).__name__].value += 1

    def _screen(self, message: Incoming) -> None:
        if self._engine is None or self._engine.pack is not self._pack():
            self._engine = Engine(self._pack(), self._store, NOBODY.encode())
        self._store.hold(set())  # what the last one left is forgotten
        self._store.hold({0})
        event = decode_event(message.value or b"", arrived=message.timestamp)
        outcome = self._engine.screen(event, Position(0, message.offset))
        answer = orjson.dumps({"sent": event.inf_time / 1000, "action": outcome.action})
        self._sink.send(self.topic, answer, key=RESULT, partition=message.partition)

    def _came_back(self, partition: int, sent: float) -> None:
        self._back[partition] = max(self._back[partition], sent)
        self._show()

    def _show(self) -> None:
        if self._back:
            self._metrics.canary[()].value = min(self._back.values())
        else:
            self._metrics.canary.clear()  # a worker without partitions has no way to be late on


class _Either:
    """Tells heartbeats from events."""

    def __init__(self, canary: Canary, handler: Handler) -> None:
        self._canary = canary
        self._handler = handler
        self.poll = handler.poll

    def handle(self, message: Incoming) -> None:
        if message.topic == self._canary.topic:
            self._canary.handle(message)
        else:
            self._handler.handle(message)

    @property
    def is_full(self) -> bool:
        return self._handler.is_full


def heartbeat(partition: int, at: float) -> bytes:
    """Return a settlement of nobody over nothing, at `at` (epoch seconds), valid as any."""
    time_text = format_time(int(at * 1000))
    event: dict[str, Any] = {
        "event_id": f"{NOBODY}-{partition}-{int(at * 1000)}",
        "event_type": "settlement",
        "inf_time": time_text,
        "mdtrtarea_admvs": _AREA,
        "insuplc_admdvs": _AREA,
        "fixmedins_code": NOBODY,
        "psn_no": NOBODY,
        "gend": "9",
        "mdtrt_id": NOBODY,
        "diagnoses": [],
        "setl_id": f"{NOBODY}-{partition}",
        "setl_time": time_text,
        "med_type": "11",
        "medfee_sumamt": 0,
        "fund_pay_sumamt": 0,
        "feedetail": [],
    }
    return orjson.dumps(event)
