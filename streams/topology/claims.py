"""Claims: who takes a partition over says so in its changelogs, under a number that is higher than any before it.

The number, the *epoch*, begins with the generation of the consumer group in which the partition was assigned. While a
worker restores rows the group may move on and give the partition to another; whichever of the two claims later, the one
of the later generation has the higher epoch, and the other one is void.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from streams.state.rows import REACHED_KEY, encode_row, encode_traces
from streams.topology.checkpoint import epoch_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.state.rows import ReachedRow
    from streams.topology.screening import Names
    from streams.topology.sink import Sink

logger = logging.getLogger(__name__)

CLAIM: Final = b""
"""What a claim says among settlement rows. It deletes nothing, or it would itself be deleted by compaction."""
TURNS: Final = 1 << 20
"""Epochs of one generation: a member with `group.instance.id` that is restarted stays in it."""
_ASK_EVERY_S: Final = 0.2


class Claims:
    """Claims partitions.

    Args:
        names: Topic names.
        sink: Where to write.
        generation: The group's generation, as far as this member knows.
        patience_s: After so long it knows of every one that is complete: the session timeout.
    """

    def __init__(self, names: Names, sink: Sink, generation: Callable[[], int], patience_s: float) -> None:
        self._names = names
        self._sink = sink
        self._generation = generation
        self._patience_s = patience_s

    async def claim(self, taken: Mapping[int, ReachedRow], generation: int) -> set[int]:
        """Begin a new epoch of partitions that are taken over, in each of their changelogs.

        What others wrote before that record counts, and is still to be read; what they write after it is void.

        Args:
            taken: How far the saved rows of each partition have come; the epoch is raised of those that are claimed.
            generation: That in which they were assigned.

        Returns:
            Those that are claimed: not any that the group has given away meanwhile.
        """
        later = {number for number, reached in taken.items() if reached.epoch // TURNS > generation}
        if later and await self._is_over(generation):
            return set()
        if later:
            logger.warning("partitions %s were held in a later generation of the group: it has begun anew", later)
        if self._generation() != generation:
            return set()
        for number, reached in taken.items():
            reached.epoch = max(reached.epoch + 1, generation * TURNS)
            headers = epoch_header(reached.epoch)
            for topic, key, value in (
                (self._names.windows, REACHED_KEY, encode_row(reached)),
                (self._names.settlements, REACHED_KEY, CLAIM),
                (self._names.traces, None, encode_traces([])),
            ):
                self._sink.send(topic, value, key=key, partition=number, headers=headers)
        await self._sink.barrier()
        return set(taken)

    async def _is_over(self, generation: int) -> bool:
        """Whether the group moves on to another generation while we wait."""
        for _ in range(round(self._patience_s / _ASK_EVERY_S)):
            if self._generation() != generation:
                break
            await asyncio.sleep(_ASK_EVERY_S)
        return self._generation() != generation
