"""The parts of the simulation by themselves: numbers, time, bills, the outbox, the ledger, the rhythm."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.simulate import SimulationConfig, beijing
from streams.simulate.bill import Bill, Terms
from streams.simulate.catalogue import Catalogue
from streams.simulate.conditions import ACUTE, CHRONIC, DAY_SURGERY, INPATIENT
from streams.simulate.identifiers import HALF, Boxes, Identifiers
from streams.simulate.ledger import Ledger
from streams.simulate.outbox import Outbox
from streams.simulate.population import Population
from streams.simulate.province import Province
from streams.simulate.randomness import Weighted, scatter, stream
from streams.simulate.records import Simulated
from streams.simulate.rhythm import SLICE, Rhythm


@given(st.integers(1, 6), st.integers(0, 10**6))
def test_scattered_numbers_never_collide(digits: int, salt: int) -> None:
    """Any run of consecutive numbers stays distinct and within its digits."""
    numbers = [scatter(number, digits, salt) for number in range(min(10**digits, 2_000))]
    assert len(set(numbers)) == len(numbers)
    assert 0 <= min(numbers) <= max(numbers) < 10**digits


def test_streams_of_randomness_are_apart() -> None:
    """Seed and purpose make the stream; either alone makes another one."""
    draws = {(seed, use): stream(seed, use).random() for seed in (1, 2) for use in ("people", "traffic")}
    assert len(set(draws.values())) == 4
    assert stream(1, "people").random() == draws[1, "people"]


def test_weighted_things_are_drawn_by_weight() -> None:
    """Shares of the total weight choose; what has no weight never comes."""
    things = Weighted([(1, "a"), (0, "never"), (3, "b")])
    assert [things.at(share) for share in (0.0, 0.24, 0.25, 0.999)] == ["a", "a", "b", "b"]
    assert len(things) == 2


@given(st.integers(0, 4_000_000_000))
def test_times_read_as_in_beijing(time: int) -> None:
    """Text and digits of any second are those of the calendar."""
    expected = datetime(1970, 1, 1) + timedelta(seconds=time)  # noqa: DTZ001 - local time is meant
    assert beijing.text(time) == expected.isoformat(" ")
    assert beijing.digits(time) == expected.strftime("%Y%m%d%H%M%S")
    assert beijing.weekday_of(time // beijing.DAY) == expected.weekday()
    assert beijing.day_of(expected.date()) == time // beijing.DAY


@given(
    lines=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 10**7), st.integers(0, 100)), min_size=1, max_size=20),
    terms=st.builds(Terms, st.integers(0, 100), st.booleans(), st.integers(0, 10**6)),
)
def test_payments_add_up(lines: list[tuple[int, int, int]], terms: Terms) -> None:
    """Fund, account and cash are never negative and add up to the bill, whatever the lines and terms."""
    bill = Bill("2026-11-02 08:00:00", None, None, None)
    for cnt, price, own in lines:
        bill.add("X", "101", "09", cnt, price, None, own)
    parts = terms.split(bill)
    assert sum(parts) == bill.total == sum(cnt * price for cnt, price, _ in lines)
    assert min(parts) >= 0
    assert bill.scope <= bill.total


def test_identifiers_of_two_users_do_not_meet() -> None:
    """Numbers of ordinary traffic and of scenarios come from two halves, and look alike."""
    day = beijing.day_of(date(2026, 11, 2))
    ordinary, told = Identifiers(), Identifiers(HALF)
    numbers = [ids.settlement(day) for ids in (ordinary, told) for _ in range(1_000)]
    assert len(set(numbers)) == 2_000
    assert {len(number) for number in numbers} == {19}
    assert all(number.startswith("S20261102") for number in numbers)


def test_a_box_is_sold_once_and_a_split_one_to_its_last_tablet() -> None:
    """Whole boxes have new codes; parts share a code until the box has too few tablets left."""
    catalogue = Catalogue(1)
    drug = next(drug for drug in catalogue.drugs if drug.units == 14)
    boxes = Boxes(catalogue.drugs, 0)
    whole = [node["drug_trac_codg"] for node in boxes.whole(drug, 100)]
    assert len(set(whole)) == 100
    assert {code[:7] for code in whole} == {drug.prefix}
    parts = [boxes.part(drug, 5, 6)[0]["drug_trac_codg"] for _ in range(5)]
    assert Counter(parts) == {parts[0]: 2, parts[2]: 2, parts[4]: 1}
    assert set(parts).isdisjoint(whole)


def test_drugs_are_distinct_and_priced_within_their_class() -> None:
    """Codes and trace prefixes belong to one drug each, another seed has other prices."""
    catalogue = Catalogue(1)
    assert len({drug.code for drug in catalogue.drugs}) == len(catalogue.drugs)
    assert len({drug.prefix for drug in catalogue.drugs}) == len(catalogue.drugs)
    assert all(drug.ceiling > 0 and drug.days > 0 for drug in catalogue.drugs)
    assert [drug.ceiling for drug in catalogue.drugs] != [drug.ceiling for drug in Catalogue(2).drugs]


@pytest.mark.parametrize("condition", [*ACUTE, *CHRONIC, *INPATIENT, *DAY_SURGERY], ids=lambda row: row.icd)
def test_conditions_name_what_exists(condition: object) -> None:
    """Drugs, tests, operations and implants of a condition are in the catalogue, and fit its sex."""
    catalogue = Catalogue(1)
    row = condition
    assert isinstance(row, type(ACUTE[0]))
    assert set(row.drugs) <= set(catalogue.shelves)
    named = {*row.tests, row.operation, row.implant} - {""}
    assert named <= set(catalogue.items)
    assert all(catalogue.items[key].sex in {"", row.sex} for key in named)


def test_the_outbox_hands_out_slices_in_order_of_arrival() -> None:
    """Events wait for their slice, come out sorted, equal ones as posted, and not at all beyond the end."""
    outbox = Outbox(100, 200, 10)
    events = {arrival: Simulated(str(arrival).encode(), "", None, "reversal") for arrival in (99, 107, 103, 115, 200)}
    for arrival, event in events.items():
        outbox.post(arrival, event)
    again = Simulated(b"again", "", None, "reversal")
    outbox.post(103, again)
    assert [outbox.waiting(number) for number in range(3)] == [3, 1, 0]
    assert [event for _, _, event in outbox.collect(0)] == [events[103], again, events[107]]
    assert [event for _, _, event in outbox.collect(1)] == [events[115]]
    assert outbox.collect(9) == []


def test_the_ledger_stops_equal_amounts_in_time() -> None:
    """The seventh equal amount is refused unless it is a small part of the day; a new day begins anew."""
    ledger = Ledger()
    assert [ledger.accepts(1, 500) for _ in range(7)] == [True] * 6 + [False]
    assert all(ledger.accepts(1, amount) for amount in range(1_000, 1_050))
    assert ledger.accepts(1, 500)
    assert ledger.accepts(2, 500)


def test_the_rhythm_spreads_all_events() -> None:
    """Shares never go back and end at one; a night has hardly any events; Sundays have fewer than Mondays."""
    monday = beijing.day_of(date(2026, 11, 2))
    rhythm = Rhythm(monday, 7)
    shares = [rhythm.share_until(number) for number in range(rhythm.slices)]
    a_day = beijing.DAY // SLICE
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert shares[a_day // 4] < 0.01
    assert shares[a_day - 1] > 1.1 * (shares[-1] - shares[-a_day - 1])
    assert rhythm.kinds(0).at(0.5) in {"pharmacy", "emergency"}


def test_persons_are_made_when_met_and_stay_who_they_are() -> None:
    """A population of millions costs nothing until somebody comes; who has been met keeps his places."""
    config = SimulationConfig(events=1_000)
    people = Population(Province(config), 1, 10_000_000)
    person = people.person(9_999_999)
    assert people.person(9_999_999) is person
    assert [place.kind for place in person.places] == [0, 1, 2]
    assert len(person.psn_no) == 23


def test_a_person_keeps_within_what_is_innocent() -> None:
    """One pharmacy and one doctor a day, hours between two places, seven settlements in a month, none during a stay."""
    config = SimulationConfig(events=1_000)
    people = Population(Province(config), 1, 1_000)
    person = people.person(5)
    pharmacy, clinic, hospital = person.places
    noon = config.start.toordinal() * beijing.DAY + 12 * beijing.HOUR
    assert person.free(noon, hospital)
    person.came(noon, hospital)
    assert not person.free(noon + beijing.HOUR, pharmacy)
    assert not person.free(noon + 6 * beijing.HOUR, clinic)
    assert person.free(noon + 6 * beijing.HOUR, pharmacy)
    for number in range(1, 7):
        person.came(noon + number * beijing.DAY, pharmacy)
    assert not person.free(noon + 20 * beijing.DAY, hospital)
    assert person.free(noon + 32 * beijing.DAY, hospital)
    person.closed_until = noon + 40 * beijing.DAY
    assert not person.free(noon + 39 * beijing.DAY, hospital)
