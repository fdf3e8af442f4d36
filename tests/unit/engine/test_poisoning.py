"""A fraud ring that is part of what the model watches does not become what is normal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from models.lessons import decode_example
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from tests.unit.engine.test_engine import EXAMPLE
from tests.unit.engine.test_scoring import World, settlement

if TYPE_CHECKING:
    from streams.rules.specs import Pack

pytestmark = pytest.mark.slow

A_DAY = 144
BEFORE, WEEK = 5, 7
SHARE = 20
"""One in so many of its institution's settlements is the ring's."""


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return load_pack(shipped("rules"), shipped("knowledge"))


class Day(NamedTuple):
    """How the ring's settlements of a day look to the model."""

    #: Share of the day's other settlements that score at least as high.
    ranks: list[float]
    #: How odd they are.
    odd: list[float]
    #: How many X01 names.
    named: int


def own(number: int, institutions: int, *, of_ring: bool) -> dict[str, Any]:
    """Institution and doctor of a settlement; the ring takes six times the money, and eight packages for one."""
    place = number % institutions
    times = 8 if of_ring else 1
    lines = [
        dict(line, drug_trac_info=[], cnt=times * line["cnt"], bilg_dr_codg=f"D{place:012}")
        for line in EXAMPLE["feedetail"]
    ]
    changes: dict[str, Any] = {"fixmedins_code": f"H3101010{place:04}", "feedetail": lines}
    return changes | ({"medfee_sumamt": 2500 + 3.1 * (number % 13)} if of_ring else {})


def lived_through(pack: Pack, institutions: int) -> list[Day]:
    """The week of a ring at one of so many institutions of an area, after days without it."""
    world, days = World(pack), []
    for day in range(BEFORE + WEEK):
        scores, odd, named = {}, {}, 0
        for number in range(day * A_DAY, (day + 1) * A_DAY):
            of_ring = day >= BEFORE and number % (SHARE * institutions) == 0
            answer = world.screen(settlement(number, **own(number, institutions, of_ring=of_ring)), number)
            found = {hit["rule_id"]: hit["sev_deg"] for hit in answer["violations"]}
            assert not {"1", "2"} & set(found.values()), "what rules ask about is not learned anyway"
            scores[number] = answer["model"]["score"]
            if of_ring:
                row = world.store.settlement(0, f"S{number}")
                assert row is not None
                odd[number] = decode_example(row.example).odd
                named += "X01" in found
        others = [score for number, score in scores.items() if number not in odd]
        ranks = [sum(score >= scores[number] for score in others) / len(others) for number in odd]
        days.append(Day(ranks, list(odd.values()), named))
    return days[BEFORE:]


def test_a_ring_stays_on_top_of_its_area(pack: Pack) -> None:
    """One in twenty of one institution's settlements, for a week: X01 names each, to the last day."""
    week = lived_through(pack, 6)
    assert sum(len(day.odd) for day in week) >= WEEK
    for day in week:
        assert max(day.ranks) <= 0.01
        assert day.named == len(day.odd)


def test_a_ring_in_an_area_of_one_institution_does_not_become_normal(pack: Pack) -> None:
    """Where nobody else is, the ring is too many to be in the rarest half percent, but on top, and no less odd."""
    week = lived_through(pack, 1)
    assert max(max(day.ranks) for day in week) <= 0.01
    assert min(week[-1].odd) > 0.9 * max(week[0].odd)
    assert all(day.named == len(day.odd) for day in week[:3])
