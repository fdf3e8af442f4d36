"""The Faust app: membership, assignment and the event loop are Faust's, what happens to an event is ours.

Nothing of Faust writes to Kafka here, and nothing of it remembers state: see :mod:`~streams.topology.sink`,
:mod:`~streams.topology.checkpoint` and :mod:`~streams.topology.recovery` for what does, and why.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol

import faust

from streams.contract.topics import EVENTS, REKEYED
from streams.topology.checkpoint import CheckpointingProducer
from streams.topology.faust_client import faust_arguments
from streams.topology.incoming import Incoming
from streams.topology.ordering import ByTimestamp, OrderedConsumer
from streams.topology.rekey import Rekeying

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


def attach(
    app: faust.App,
    settings: Settings,
    checkpoint: Callable[[], Awaitable[None]],
    first_waiting: Callable[[int], int | None],
) -> None:
    """Have Faust read in order, make state durable before it commits, and commit nothing that waits."""
    # A class takes the logger of its module: in Faust's, their comings and goings are Faust's affair.
    ours = {"__module__": faust.__name__}
    app.transport.Producer = type("Producer", (CheckpointingProducer,), ours | {"checkpoint": checkpoint})
    consumer = {
        "fetch_wait_ms": settings.fetch_wait_ms,
        "source": source_topic(settings),
        "first_waiting": staticmethod(first_waiting),
    }
    app.transport.Consumer = type("Consumer", (OrderedConsumer,), ours | consumer)


def source_topic(settings: Settings) -> str:
    """The topic that events are screened from."""
    return settings.topic(REKEYED if settings.rekey else EVENTS)


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


class Handler(Protocol):
    """What is done with the records of a topic."""

    def handle(self, message: Incoming) -> None:
        """Handle one record; must not raise: Faust would commit past the event it skipped."""

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that reading should pause."""

    async def room(self) -> None:
        """Wait while `is_full`."""


def add_agents(
    app: faust.App, settings: Settings, screening: Handler, sink: Sink, canary: Canary | None = None
) -> None:
    """Have every event handled.

    With `settings.rekey` events pass a hop first that gives them their treatment area as the key. With a `canary` its
    heartbeats come by the same agent as the events, or they would not tell whether that one lives.
    """
    if settings.rekey:
        _agent(app, "rekey", [settings.topic(EVENTS)], Rekeying(sink, settings.topic(REKEYED)))
    if canary is None:
        _agent(app, "screen", [source_topic(settings)], screening)
    else:
        _agent(app, "screen", [source_topic(settings), canary.topic], canary.beside(screening))


def _agent(app: faust.App, name: str, topics: list[str], handler: Handler) -> None:
    channel = app.topic(*topics, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def run(stream: Any) -> None:
        async for event in stream.events():
            handler.handle(incoming(event.message))
            if handler.is_full:
                await handler.room()

    app.agent(channel, name=name)(run)
