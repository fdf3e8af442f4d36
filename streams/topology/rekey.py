"""The re-keying hop, for producers that cannot key events by treatment area.

Only the key changes: value, timestamp and headers stay, and where the event came from travels along for dead letters.
What has no readable area goes on under the key it had; the screening that follows says what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from streams.topology.incoming import SOURCE_HEADERS, source_of

if TYPE_CHECKING:
    from streams.topology.incoming import Incoming
    from streams.topology.sink import Sink


class _Area(msgspec.Struct):
    mdtrtarea_admvs: str


_decoder = msgspec.json.Decoder(_Area)


class Rekeying:
    """Writes each event again, keyed by its treatment area."""

    def __init__(self, sink: Sink, topic: str) -> None:
        self._sink = sink
        self._topic = topic

    @property
    def is_full(self) -> bool:
        """Whether so much waits for the broker that reading should pause."""
        return self._sink.is_full

    def poll(self) -> None:
        """See what the broker has acknowledged."""
        self._sink.poll()

    def handle(self, message: Incoming) -> None:
        """Pass one event on."""
        key: bytes | None
        try:
            key = _decoder.decode(message.value or b"").mdtrtarea_admvs.encode()
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            key = message.key
        place = [part.encode() for part in source_of(message)]
        headers = [header for header in message.headers if header[0] not in SOURCE_HEADERS]
        headers += zip(SOURCE_HEADERS, place, strict=True)
        self._sink.send(self._topic, message.value, key=key, timestamp=message.timestamp, headers=headers)
