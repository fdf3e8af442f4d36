"""Registry facts and when they hold."""

from __future__ import annotations

from typing import Any

import pytest

from streams.contract.decode import Rejected
from streams.contract.reference import (
    Institution,
    Person,
    Practitioner,
    decode_institution,
    decode_person,
    decode_practitioner,
)
from streams.contract.time import parse_date, parse_time
from tests.contract.samples import to_bytes, validator

INSTITUTION = {
    "fixmedins_code": "H1",
    "fix_blng_admdvs": "310115",
    "medins_lv": "05",
    "beds": 80,
    "status": "suspended",
    "designated_from": "2018-07-01",
    "effective_from": "2026-11-20",
    "effective_to": "2026-11-22",
}
PRACTITIONER = {"bilg_dr_codg": "D1", "status": "terminated", "effective_from": "2026-11-20"}
PERSON = {"psn_no": "P1", "status": "deceased", "insured_from": "2020-01-01", "emp_no": "E1"}


def test_an_institution_is_read_in_full() -> None:
    """Every field of an institution arrives, dates as days."""
    assert decode_institution(to_bytes(INSTITUTION)) == Institution(
        fixmedins_code="H1",
        fix_blng_admdvs="310115",
        medins_lv="05",
        beds=80,
        status="suspended",
        designated_from=parse_date("2018-07-01"),
        effective_from=parse_date("2026-11-20"),
        effective_to=parse_date("2026-11-22"),
    )


def test_practitioners_and_persons_are_read_in_full() -> None:
    """Every field of a practitioner and of a person arrives."""
    assert decode_practitioner(to_bytes(PRACTITIONER | {"effective_to": "2026-12-31"})) == Practitioner(
        bilg_dr_codg="D1",
        status="terminated",
        effective_from=parse_date("2026-11-20"),
        effective_to=parse_date("2026-12-31"),
    )
    dates = {"effective_from": "2026-11-20", "effective_to": "2026-12-31"}
    assert decode_person(to_bytes(PERSON | dates)) == Person(
        psn_no="P1",
        status="deceased",
        insured_from=parse_date("2020-01-01"),
        emp_no="E1",
        effective_from=parse_date("2026-11-20"),
        effective_to=parse_date("2026-12-31"),
    )


@pytest.mark.parametrize("value", [None, "", " "])
def test_blanks_are_unknown(value: str | None) -> None:
    """Null and blank are the same: nothing is known."""
    names = ("fix_blng_admdvs", "medins_lv", "designated_from", "effective_from", "effective_to")
    record = {"fixmedins_code": "H1"} | dict.fromkeys(names, value)
    assert decode_institution(to_bytes(record)) == Institution(fixmedins_code="H1")
    assert decode_person(to_bytes(PERSON | {"emp_no": value, "insured_from": value})).emp_no is None


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-11-19 23:59:59.999", False),
        ("2026-11-20 00:00:00", True),
        ("2026-11-19T16:00:00Z", True),
        ("2026-11-22 23:59:59.999", True),
        ("2026-11-23 00:00:00", False),
    ],
)
def test_both_days_are_included(at: str, *, holds: bool) -> None:
    """A fact holds from the first moment of its first day in Beijing to the last of its last."""
    assert decode_institution(to_bytes(INSTITUTION)).effective(parse_time(at)) is holds


@pytest.mark.parametrize("at", ["0001-01-01", "2026-11-20", "9999-12-31"])
def test_open_ends_hold_for_ever(at: str) -> None:
    """Without dates a fact always holds; with one, it is open on the other side."""
    assert Person(psn_no="P1", status="active").effective(parse_time(at))
    since = Person(psn_no="P1", status="active", effective_from=parse_date("2026-11-20"))
    until = Person(psn_no="P1", status="active", effective_to=parse_date("2026-11-19"))
    assert since.effective(parse_time(at)) is not until.effective(parse_time(at))


def test_a_registry_may_export_times() -> None:
    """A date with a time of day counts as its Beijing day."""
    record = PRACTITIONER | {"effective_from": "2026-11-20 10:30:00", "effective_to": "2026-11-21T23:00:00Z"}
    practitioner = decode_practitioner(to_bytes(record))
    assert practitioner.effective_from == parse_date("2026-11-20")
    assert practitioner.effective_to == parse_date("2026-11-22")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"beds": -1}, "$.beds: expected `number` >= 0.0"),
        ({"beds": 80.5}, "$.beds: not a whole number"),
        ({"beds": "80"}, "$.beds: expected `number | null`, got `string`"),
        ({"status": "closed"}, "$.status: not one of the allowed values"),
        ({"fixmedins_code": None}, "$.fixmedins_code: expected `string`, got `null`"),
    ],
)
def test_records_against_the_schema_are_invalid(change: dict[str, Any], detail: str) -> None:
    """What the schema rejects is `invalid`, with the field's name."""
    record = INSTITUTION | change
    assert not validator("reference#/$defs/institution").is_valid(record)
    with pytest.raises(Rejected) as caught:
        decode_institution(to_bytes(record))
    assert (caught.value.reason, caught.value.detail) == ("invalid", detail)


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """80.0 is an integer in JSON Schema, and 80 beds."""
    assert validator("reference#/$defs/institution").is_valid(INSTITUTION | {"beds": 80.0})
    assert decode_institution(b'{"fixmedins_code": "H1", "beds": 80.0}').beds == 80


@pytest.mark.parametrize("name", ["designated_from", "effective_from", "effective_to"])
def test_an_impossible_date_is_invalid(name: str) -> None:
    """A date that does not exist is named, not read as open."""
    with pytest.raises(Rejected, match=rf"^invalid: \$\.{name}: a date that does not exist$"):
        decode_institution(to_bytes(INSTITUTION | {name: "2026-02-30"}))


@pytest.mark.parametrize(
    ("decode", "record", "name"),
    [
        (decode_institution, INSTITUTION, "fixmedins_code"),
        (decode_practitioner, PRACTITIONER, "bilg_dr_codg"),
        (decode_practitioner, PRACTITIONER, "status"),
        (decode_person, PERSON, "psn_no"),
        (decode_person, PERSON, "status"),
    ],
)
def test_nothing_required_may_be_left_out(decode: Any, record: dict[str, Any], name: str) -> None:
    """Without its code, or the status it is there for, a record says nothing."""
    with pytest.raises(Rejected, match=rf"^invalid: \$\.{name}: missing$"):
        decode(to_bytes({key: value for key, value in record.items() if key != name}))
