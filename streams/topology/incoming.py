"""A record that came in, and where it entered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from streams.topology.sink import Headers

SOURCE_HEADERS: Final = ("source_topic", "source_partition", "source_offset")
"""With them the hop of `PREWARN_REKEY` and a dead letter say where a record was before."""


class Incoming(NamedTuple):
    """A record of the events topic."""

    topic: str
    partition: int
    offset: int
    #: Broker timestamp, epoch ms.
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def coordinates(message: Incoming) -> dict[str, str]:
    """Where an event entered, as log lines attach it."""
    return dict(zip(("topic", "partition", "offset"), source_of(message), strict=True))


def source_of(message: Incoming) -> tuple[str, str, str]:
    """Topic, partition and offset at which an event entered: of the record before a re-keying hop, if there was one."""
    sent = {name: value.decode() for name, value in message.headers if name in SOURCE_HEADERS}
    if len(sent) == len(SOURCE_HEADERS):
        return sent["source_topic"], sent["source_partition"], sent["source_offset"]
    return message.topic, str(message.partition), str(message.offset)
