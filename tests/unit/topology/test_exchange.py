"""What a worker that has lost a partition still asks in its name is folded by nobody who knows that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from confluent_kafka import Message

from streams.engine.asks import Ask, encode_letter
from streams.engine.engine import Engine
from streams.engine.owner import Owner
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.state.rows import Contribution, Observation
from streams.state.store import Store
from streams.topology.exchange import Exchange
from streams.topology.screening import Names

if TYPE_CHECKING:
    from streams.engine.desk import Desk
    from streams.topology.sink import Sink

ASKER, OWNER, COUNT = 1, 2, 4
NAMES: Final = Names(*Names._fields)
KEY: Final = b"a state key of tests"
ROW: Final = "d:D1"
PACK: Final = load_pack(shipped("rules"), shipped("knowledge"))
SEEN: Final = next(feature.fid for feature in PACK.features if feature.name == "prescriber_day")


class Scene:
    """An owner, and what it is written."""

    def __init__(self, held: set[int]) -> None:
        self.store = Store(COUNT)
        self.store.hold(held)
        owner = Owner(Engine(PACK, self.store, KEY), self.store)
        self.exchange = Exchange({}, NAMES, self.store, cast("Sink", self), owner, lambda _number: 0)
        self.exchange.desk = cast("Desk", self)
        self._offset = 0

    def send(self, *_: Any, **__: Any) -> None:
        """Stand for the sink, to which answers to other workers go."""

    def answered(self, *_: Any) -> None:
        """Stand for the desk, to which answers go that are asked for here."""

    def letter(self, offset: int, epochs: dict[int, int], header: tuple[int, int] = (0, 0)) -> None:
        """Have a letter come with one ask."""
        seen = Observation(SEEN, "", offset, 1, 1, f"S{offset}")
        ask = Ask(ASKER, offset, [ROW], [Contribution(ROW, "", [seen])], late=False)
        value = encode_letter({ASKER: header}, [ask.encoded()], epochs)
        self.exchange._take(Message(topic=NAMES.observations, partition=OWNER, offset=self._offset, value=value))
        self._offset += 1

    @property
    def folded(self) -> int:
        """The last offset of the asker that its row knows."""
        row = self.store.partitions[OWNER].window(ROW)
        return -1 if row is None else row.stamps[ASKER]


def test_a_letter_of_a_worker_that_lost_the_asker_is_void_once_its_successor_has_written() -> None:
    """Neither folded nor answered, nor believed as to how far the asker has come."""
    owner = Scene({OWNER})
    owner.letter(5, {ASKER: 1}, (3, 30))
    owner.letter(7, {ASKER: 2}, (3, 40))
    owner.letter(9, {ASKER: 1}, (8, 90))
    owner.letter(8, {})  # of an earlier release, which tells no epochs
    reached = owner.store.partitions[OWNER].reached
    assert owner.folded == 8
    assert (reached.settled, reached.epochs, reached.observations) == ({ASKER: 40}, {ASKER: 2}, 4)
    assert owner.store.partitions[OWNER].answers.latest(ASKER) == 8


@pytest.mark.parametrize("is_open", [True, False])
def test_whoever_has_the_asker_knows_by_itself(*, is_open: bool) -> None:
    """Its own events are decided by function calls as soon as its partitions are open, and must find no successor.

    What was there before they opened was written before the asker was claimed, or is told apart by nobody: it is asked
    about, and answered as it was then (`Desk._rows_here`).
    """
    both = Scene({ASKER, OWNER})
    both.store.partitions[ASKER].reached.epoch = 2
    both.store.partitions[OWNER].open = is_open
    both.letter(5, {ASKER: 1})
    assert both.folded == (-1 if is_open else 5)
