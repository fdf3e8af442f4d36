"""The consumer's word on how far behind it is."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING

from faust.types import TP

from streams.settings import Settings
from streams.topology.app import attach, make_app
from streams.topology.clients import consumer_config
from streams.topology.reader import Reader

if TYPE_CHECKING:
    from streams.topology.consumer import GroupConsumer

EVENTS = TP("settlement.events", 0)
NOWHERE = Settings(bootstrap_servers="127.0.0.1:1")


async def never() -> None:
    """Stand for the checkpoint: nothing is committed here."""
    raise AssertionError


def holding(partition: TP) -> GroupConsumer:
    """Return a consumer that holds a partition and whose brokers cannot be reached."""
    app = make_app(NOWHERE)
    attach(app, NOWHERE, never, lambda _: None, lambda: None)
    consumer: GroupConsumer = app._new_consumer()
    consumer._thread._consumer = SimpleNamespace(assignment=lambda: {partition})
    consumer._reader = Reader(consumer_config(NOWHERE), 100, 10)
    return consumer


def test_a_reader_that_is_closed_is_not_asked_for_lag() -> None:
    """A worker that stops does not crash because its gauges are set when the reader has left the brokers."""

    async def ask_and_stop() -> tuple[dict[int, int], dict[int, int]]:
        consumer = holding(EVENTS)
        before = consumer.lags(EVENTS.topic)
        consumer._stopped.set()
        await consumer.on_stop()
        consumer._thread.thread_loop.close()
        return before, consumer.lags(EVENTS.topic)

    assert asyncio.run(ask_and_stop()) == ({0: 0}, {})
