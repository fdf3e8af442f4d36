"""Under which number partitions are claimed, and when they are not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

import pytest

from streams.state.rows import ReachedRow
from streams.topology.claims import TURNS, Claims
from streams.topology.screening import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.topology.sink import Sink

NAMES = Names(*Names._fields)


class Broker:
    """Takes what is written, and knows the generation of the group as a member would, one answer after the other."""

    def __init__(self, generations: Iterable[int]) -> None:
        self._generations = list(generations)
        self.written: list[tuple[str, int, Any]] = []

    def generation(self) -> int:
        """Tell the next generation, in the end the last one again and again."""
        return self._generations.pop(0) if len(self._generations) > 1 else self._generations[0]

    def send(self, topic: str, _value: bytes, *, key: str | None, partition: int, headers: Any) -> None:
        """Take a record."""
        assert (key is None) == (topic == NAMES.traces)
        self.written.append((topic, partition, headers))

    async def barrier(self) -> None:
        """All is there at once."""

    def claim(self, last: int, generation: int) -> int | None:
        """Claim a partition that was held in an epoch; return the one that it has then, None if none."""
        reached = ReachedRow(0, {}, last)
        claims = Claims(NAMES, cast("Sink", self), self.generation, 0.6)
        claimed = asyncio.run(claims.claim({3: reached}, generation))
        assert claimed == ({3} if self.written else set())
        topics = [NAMES.windows, NAMES.settlements, NAMES.traces] if claimed else []
        assert self.written == [(topic, 3, [("epoch", str(reached.epoch).encode())]) for topic in topics]
        return reached.epoch if claimed else None


@pytest.mark.parametrize(
    ("last", "generation", "epoch"),
    [
        (0, 0, 1),
        (0, 5, 5 * TURNS),
        (4, 5, 5 * TURNS),
        (4 * TURNS + 9, 5, 5 * TURNS),
        (5 * TURNS + 1, 5, 5 * TURNS + 2),
    ],
)
def test_an_epoch_begins_with_the_generation_and_is_higher_than_the_last(
    last: int, generation: int, epoch: int
) -> None:
    """Also where the last is one of an earlier release, or a static member's before it was restarted."""
    assert Broker([generation]).claim(last, generation) == epoch


def test_what_the_group_has_given_away_is_not_claimed() -> None:
    """Restoring took longer than the group waited."""
    assert Broker([6]).claim(0, 5) is None


def test_whoever_hears_later_than_others_waits() -> None:
    """Somebody has claimed it in a generation that this member has not heard of yet."""
    assert Broker([5, 5, 6]).claim(6 * TURNS, 5) is None


def test_a_group_that_begins_anew_goes_on_counting() -> None:
    """Kafka forgets a group without members after a week, and its generations with it."""
    assert Broker([1]).claim(900 * TURNS, 1) == 900 * TURNS + 1
