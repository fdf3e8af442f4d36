"""Which partition an area's events are in, by the rule of every Kafka client: murmur2 of the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.partitioner import murmur2

if TYPE_CHECKING:
    from collections.abc import Callable


def area_partition(count: int) -> Callable[[str], int]:
    """The function from an area to its partition among `count`."""
    return lambda area: (murmur2(area.encode()) & 0x7FFF_FFFF) % count
