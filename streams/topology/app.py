"""The Faust app: membership, assignment and the event loop are Faust's, what happens to an event is ours.

Nothing of Faust writes to Kafka here, and nothing of it remembers state: see :mod:`~streams.topology.sink`,
:mod:`~streams.topology.checkpoint` and :mod:`~streams.topology.recovery` for what does, and why.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

import faust

from streams.contract.topics import CANARY, EVENTS, REKEYED
from streams.topology.checkpoint import CheckpointingProducer
from streams.topology.clients import consumer_config
from streams.topology.consumer import BatchSchema, GroupConsumer
from streams.topology.faust_client import faust_arguments
from streams.topology.incoming import Incoming
from streams.topology.rekey import Rekeying

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from streams.settings import Settings
    from streams.topology.canary import Canary
    from streams.topology.consumer import Batch
    from streams.topology.incoming import Incoming
    from streams.topology.sink import Sink

logger = logging.getLogger(__name__)

QUEUED: Final = 4
"""Batches that wait for the agent, at most: what is fetched beyond them waits in librdkafka."""
FULL_POLL_S: Final = 0.001
"""How long to wait for room."""
TURN: Final = 4
"""Records handled before other tasks of the loop have their turn: a few milliseconds."""


class App(faust.App):  # type: ignore[misc] # Faust has no types
    """A Faust app that leaves no folders where it is started: it has no tables to keep in them.

    Its own tasks (`task`) begin when the first recovery is over, which may be minutes and several rebalances later.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: What runs before there are partitions too; an error in it ends the app.
        self.from_the_start: list[Callable[[], Coroutine[Any, Any, None]]] = []

    async def on_start(self) -> None:
        """See `mode.Service.on_start`; called before the app joins its group."""
        await super().on_start()
        for run in self.from_the_start:
            self.add_future(run())

    def _create_directories(self) -> None:
        pass


def make_app(settings: Settings) -> App:
    """A Faust app that reads raw records, keeps no tables and serves no pages."""
    return App(
        settings.group_id,
        **faust_arguments(settings),
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        topic_disable_leader=True,
        stream_wait_empty=True,
        stream_buffer_maxsize=QUEUED,
        stream_recovery_delay=0.0,
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
    )


def attach(
    app: faust.App,
    settings: Settings,
    checkpoint: Callable[[], Awaitable[None]],
    first_waiting: Callable[[int], int | None],
    stand_still: Callable[[], None],
) -> None:
    """Have Faust read in order, make state durable before it commits, and commit nothing that waits.

    Args:
        app: Whose producer and consumer are replaced.
        settings: What the reader is told.
        checkpoint: Makes state durable.
        first_waiting: By partition, the offset of the first event that is not decided yet.
        stand_still: Ends all deciding: partitions are about to leave.
    """
    # A class takes the logger of its module: in Faust's, their comings and goings are Faust's affair.
    ours = {"__module__": faust.__name__}
    app.transport.Producer = type("Producer", (CheckpointingProducer,), ours | {"checkpoint": checkpoint})
    consumer = {
        "reader_config": consumer_config(settings),
        "fetch_wait_ms": settings.fetch_wait_ms,
        "max_poll_records": settings.max_poll_records,
        "source": source_topic(settings),
        "first_waiting": staticmethod(first_waiting),
        "stand_still": staticmethod(stand_still),
        "unordered": frozenset({settings.topic(CANARY)}),
    }
    app.transport.Consumer = type("Consumer", (GroupConsumer,), ours | consumer)


def source_topic(settings: Settings) -> str:
    """The topic that events are screened from."""
    return settings.topic(REKEYED if settings.rekey else EVENTS)


class Handler(Protocol):
    """What is done with the records of a topic."""

    def handle(self, message: Incoming) -> None:
        """Handle one record; must not raise: Faust would commit past the event it skipped."""

    @property
    def is_full(self) -> bool:
        """Whether so much is under way that reading should pause."""

    def poll(self) -> None:
        """Do what makes room; called again and again while `is_full`."""


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
    channel = app.topic(*topics, schema=BatchSchema())

    async def run(stream: Any) -> None:
        async for event in stream.events():
            await _handle(event.value, handler, app.consumer)

    app.agent(channel, name=name)(run)


async def _handle(batch: Batch, handler: Handler, consumer: GroupConsumer) -> None:
    """Handle a batch's records in turn, until partitions are shared anew: what is left then is read again."""
    for number, record in enumerate(batch.records, 1):
        if not consumer.going(batch):
            return
        handler.handle(record)
        consumer.handled(record)
        if number % TURN == 0:
            await asyncio.sleep(0)
        while handler.is_full and consumer.going(batch):
            handler.poll()
            await asyncio.sleep(FULL_POLL_S)
