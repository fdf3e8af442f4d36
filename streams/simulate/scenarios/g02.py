"""G02: an institution settles one amount again and again on one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.bill import Bill, Terms
from streams.simulate.counter import Encounter
from streams.simulate.province import HOSPITAL, PHARMACY
from streams.simulate.scenarios.base import CLOSING, OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.province import Place

_TIMES = 8
"""From the eighth equal amount on it is known, as the amounts so far then are at least 30 % of the day."""

_BETWEEN = 4 * beijing.MINUTE  # fewer than 20 an hour: no surge
_QUIET = 4  # in a busy place one settlement in so many has the equal amount
_FEES = 12


def _equal(kit: Kit, story: Story, place: Place, time: int, drug: Drug, *, guilty: bool) -> None:
    """Another person buys one pack of the same drug."""
    person = kit.person(place.area)
    day = time // beijing.DAY
    bill = Bill(beijing.text(time - 5), kit.desk.counter.doctor(place, day), None, None)
    kit.desk.counter.sell(bill, drug, 1, person, place, day)
    story.settle(person, place, time, Encounter("41", bill, Terms(0, person.insutype == "310"), []), guilty=guilty)


def _other(kit: Kit, story: Story, place: Place, time: int, equal: int) -> None:
    """Another person buys something else."""
    person = kit.person(place.area)
    encounter = kit.desk.pharmacy(person, place, time)
    while encounter.bill.total == equal:
        kit.desk.counter.trifle(encounter.bill, place)
    story.settle(person, place, time, encounter)


def _day_of_a_pharmacy(kit: Kit, story: Story, equal: int, others: int) -> None:
    """A small pharmacy with `equal` equal sales; all others come before the eighth of them."""
    area = kit.area()
    place = kit.province.open(PHARMACY, area, 0, 20, kit.rng)
    drug = kit.drug()
    amount = kit.desk.counter.price(place, drug)
    before = [True] * min(equal, _TIMES - 1) + [False] * others
    kit.rng.shuffle(before)
    order = before + [True] * (equal - min(equal, _TIMES - 1))
    begin = OPENING + kit.rng.randrange(CLOSING - OPENING - 5 * beijing.HOUR)
    times = kit.moments(kit.day(), len(order), _BETWEEN, begin, begin + 5 * beijing.HOUR)
    seen = 0
    for time, same in zip(times, order, strict=True):
        seen += same
        if same:
            _equal(kit, story, place, time, drug, guilty=seen >= _TIMES)
        else:
            _other(kit, story, place, time, amount)


def _batch(kit: Kit, story: Story) -> None:
    equal = kit.rng.randint(12, 14)
    _day_of_a_pharmacy(kit, story, equal, kit.rng.randint(2, 6))


def _seven(kit: Kit, story: Story) -> None:
    """Seven equal amounts, however few others there are."""
    _day_of_a_pharmacy(kit, story, _TIMES - 1, kit.rng.randint(1, 6))


def _busy(kit: Kit, story: Story) -> None:
    """Twelve equal registration fees at a hospital where they are a quarter of the day at most."""
    area = kit.area()
    place = kit.province.open(HOSPITAL, area, 2, 60, kit.rng)
    fee = place.fees[0]
    times = kit.moments(kit.day(), _QUIET * _FEES + 2, _BETWEEN)
    for number, time in enumerate(times, 1):
        person = kit.person(area)
        if number % _QUIET == 0 and number // _QUIET <= _FEES:
            story.settle(person, place, time, kit.desk.registration(person, time, fee))
            continue
        encounter = kit.desk.outpatient(person, place, time)
        while encounter.bill.total == fee:
            kit.desk.counter.trifle(encounter.bill, place)
        story.settle(person, place, time, encounter)


SCENARIOS = (Scenario("G02", (Variant(_batch, 17),), (Variant(_seven, 11), Variant(_busy, _QUIET * _FEES + 2))),)
