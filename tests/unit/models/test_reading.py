"""What is read of a settlement: each input that needs more than one field, on the shipped pack."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from models import inputs
from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.scoring import Scoring
from streams.state.rows import Position
from streams.state.store import Store
from tests.packs import shipped_pack
from tests.unit.engine.histories import KEY
from tests.unit.engine.test_engine import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[..., inputs.Values]

VISIT, DRUG = EXAMPLE["feedetail"]
CODE = DRUG["drug_trac_info"][0]


@pytest.fixture
def read() -> Read:
    """Screen the example with some fields changed, and return its inputs."""
    store = Store()
    store.hold({0})
    engine = Engine(shipped_pack(), store, KEY, scoring=Scoring(store))
    number = 0

    def screen(**changes: Any) -> inputs.Values:
        nonlocal number
        number += 1
        record = EXAMPLE | {"setl_id": f"S{number}", "event_id": f"E{number}", "mdtrt_id": f"M{number}"} | changes
        outcome = engine.screen(decode_event(json.dumps(record).encode(), arrived=None), Position(0, number))
        assert outcome.example is not None
        return outcome.example.values

    return screen


def drug(*codes: dict[str, Any], **changes: Any) -> list[dict[str, Any]]:
    """The lines of the example with other codes on the drug."""
    return [VISIT, DRUG | {"drug_trac_info": list(codes)} | changes]


def code(number: int, **changes: Any) -> dict[str, Any]:
    return CODE | {"drug_trac_codg": f"8177001{number:013}"} | changes


def test_a_price_counts_from_its_limit_on(read: Read) -> None:
    """At the limit nothing is said, a quarter above it a quarter; a line without limit says nothing."""
    assert read(feedetail=drug(code(1), code(2), pric=48.0))[inputs.PRICE] == 0.0
    assert read(feedetail=drug(code(3), code(4), pric=60.0))[inputs.PRICE] == pytest.approx(0.25)
    assert read(feedetail=[VISIT])[inputs.PRICE] is None


def test_codes_are_held_against_whole_packs(read: Read) -> None:
    """Two packs need two codes; of tablets from an opened box nothing is expected; a line without codes is left out."""
    assert read(feedetail=drug(code(1), code(2)))[inputs.PACKS] == 0.0
    assert read(feedetail=drug(code(3)))[inputs.PACKS] == 0.5
    assert read(feedetail=drug(code(4, trdn_flag="1"), cnt=20))[inputs.PACKS] is None
    assert read(feedetail=drug())[inputs.PACKS] is None


def test_a_code_that_comes_twice_is_known(read: Read) -> None:
    """In one settlement as well as in two."""
    assert read(feedetail=drug(code(1), code(2)))[inputs.CODES] == 0.0
    assert read(feedetail=drug(code(3), code(3)))[inputs.CODES] == 1.0
    assert read(feedetail=drug(code(1), code(4)))[inputs.CODES] == 1.0


def test_the_same_amount_of_the_same_person_is_close_in_time(read: Read) -> None:
    """Another settlement of the amount there minutes later; neither another amount nor another place counts."""
    at = "2026-11-20 09:{:02}:33"
    assert read()[inputs.REPEATED] == 0.0
    assert read(setl_time=at.format(24), medfee_sumamt=99.0)[inputs.REPEATED] == 0.0
    assert read(setl_time=at.format(36))[inputs.REPEATED] == pytest.approx(math.log(12 * 60 / 24))
    assert read(setl_time=at.format(48), fixmedins_code="H31011500999")[inputs.REPEATED] == 0.0


def test_equal_amounts_weigh_less_where_there_are_many(read: Read) -> None:
    """Three equal amounts of three are more than three of ten."""
    for person in range(2):
        read(psn_no=f"p{person}")
    alone = read(psn_no="p2")[inputs.SAME]
    assert alone == pytest.approx(math.log1p(4 / 3))
    elsewhere = {"fixmedins_code": "H31011500999"}
    for person in range(7):
        read(psn_no=f"p{person}", medfee_sumamt=50.0 + person, **elsewhere)
    for person in range(2):
        read(psn_no=f"q{person}", **elsewhere)
    assert read(psn_no="q2", **elsewhere)[inputs.SAME] == pytest.approx(math.log1p(4 / 10))


def test_the_prescriber_is_known_by_the_day_and_by_the_place(read: Read) -> None:
    """The settlements of the day, this one among them, and other institutions of the half hour; unknown without one."""
    first = read()
    assert (first[inputs.PRESCRIBED], first[inputs.PLACES]) == (pytest.approx(math.log(2)), 0.0)
    second = read(psn_no="p2", fixmedins_code="H31011500999")
    assert (second[inputs.PRESCRIBED], second[inputs.PLACES]) == (pytest.approx(math.log(3)), 1.0)
    assert read(feedetail=[VISIT | {"bilg_dr_codg": None}])[inputs.PRESCRIBED] is None


def test_stays_that_share_more_than_a_day_overlap(read: Read) -> None:
    """A stay within another one counts; one that begins on the day when another ends is a transfer."""

    def stay(begin: int, end: int, place: int) -> float | None:
        when = {"begndate": f"2026-11-{begin:02} 09:00:00", "enddate": f"2026-11-{end:02} 09:00:00"}
        lines = [VISIT | {"fee_ocur_time": f"2026-11-{end:02} 08:00:00"}]
        setl_time = f"2026-11-{end:02} 10:00:00"
        at = f"H3101150080{place}"
        return read(med_type="21", setl_time=setl_time, fixmedins_code=at, feedetail=lines, **when)[inputs.STAYS]

    assert stay(1, 8, 1) == 0.0
    assert stay(8, 10, 2) == 0.0
    assert stay(4, 12, 3) == 2.0


def test_what_is_left_of_a_drug_and_how_often_it_came(read: Read) -> None:
    """Four weeks' supply again after ten days leaves eighteen; of another drug nothing is left."""

    def again(day: int, item: str = DRUG["med_list_codg"]) -> tuple[float | None, float | None]:
        at = f"2026-11-{day:02} 09:00:00"
        bought = drug(code(day), code(50 + day), fee_ocur_time=at, med_list_codg=item)[1:]
        values = read(setl_time=at, feedetail=bought)
        return values[inputs.LEFT], values[inputs.AGAIN]

    assert again(1) == (0.0, 0.0)
    assert again(11) == (pytest.approx(math.log(1 + 18)), pytest.approx(math.log(2)))
    assert again(12, "XC07ABM154A001010101234") == (0.0, 0.0)
    assert read(feedetail=[VISIT])[inputs.LEFT] is None
