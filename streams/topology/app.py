"""The Faust app: membership, assignment and the event loop are Faust's, what happens to an event is ours.

Nothing of Faust writes to Kafka here, and nothing of it remembers state: see :mod:`~streams.topology.sink`,
:mod:`~streams.topology.checkpoint` and :mod:`~streams.topology.recovery` for what does, and why.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import faust

from streams.contract.topics import EVENTS, REKEYED
from streams.topology.checkpoint import CheckpointingProducer
from streams.topology.faust_client import faust_arguments
from streams.topology.ordering import ByTimestamp, OrderedConsumer
from streams.topology.rekey import Rekeying
from streams.topology.screening import Incoming

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from streams.settings import Settings
    from streams.topology.canary import Canary
    from streams.topology.sink import Sink

logger = logging.getLogger(__name__)


def make_app(settings: Settings) -> faust.App:
    """A Faust app that reads raw records, keeps no tables and serves no pages."""
    return faust.App(
        settings.group_id,
        **faust_arguments(settings),
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        topic_disable_leader=True,
        stream_wait_empty=True,
        stream_buffer_maxsize=4096,
        stream_recovery_delay=0.0,
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        ConsumerScheduler=ByTimestamp,
    )


def attach(app: faust.App, settings: Settings, checkpoint: Callable[[], Awaitable[None]]) -> None:
    """Have Faust read in order and make state durable before it commits."""
    # A class takes the logger of its module: in Faust's, their comings and goings are Faust's affair.
    ours = {"__module__": faust.__name__}
    app.transport.Producer = type("Producer", (CheckpointingProducer,), ours | {"checkpoint": checkpoint})
    app.transport.Consumer = type("Consumer", (OrderedConsumer,), ours | {"fetch_wait_ms": settings.fetch_wait_ms})


def incoming(message: Any) -> Incoming:
    """A Faust message as ours."""
    headers = message.headers
    return Incoming(
        message.topic,
        message.partition,
        message.offset,
        round(message.timestamp * 1000),
        message.key,
        message.value,
        list(headers.items() if isinstance(headers, dict) else headers or ()),
    )


def add_agents(
    app: faust.App, settings: Settings, handle: Callable[[Incoming], None], sink: Sink, canary: Canary | None = None
) -> str:
    """Have `handle` called for every event; returns the topic it is read from.

    With `settings.rekey` events pass a hop first that gives them their treatment area as the key. With a `canary` its
    heartbeats come by the same agent as the events, or they would not tell whether that one lives.
    """
    source = settings.topic(EVENTS)
    if settings.rekey:
        rekeyed = settings.topic(REKEYED)
        _agent(app, "rekey", [source], Rekeying(sink, rekeyed).handle, sink)
        source = rekeyed
    if canary is None:
        _agent(app, "screen", [source], handle, sink)
    else:
        _agent(app, "screen", [source, canary.topic], canary.beside(handle), sink)
    return source


def _agent(app: faust.App, name: str, topics: list[str], handle: Callable[[Incoming], None], sink: Sink) -> None:
    channel = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def run(stream: Any) -> None:
        # `handle` does not raise: an exception here would make Faust commit past the event it skipped.
        async for event in stream.events():
            handle(incoming(event.message))
            if sink.is_full:
                await sink.room()

    app.agent(channel, name=name)(run)
