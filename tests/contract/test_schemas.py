"""The published schemas and the types in the code say the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from streams.contract import feedback, reference, results, wire
from streams.contract.events import Diagnosis, Event, Line, TraceCode
from streams.contract.person import Outgoing
from streams.contract.results import encode_result, stamp
from streams.contract.time import parse_time
from tests.contract.results import full_result, passing_result
from tests.contract.samples import SCHEMAS, schema, validator

if TYPE_CHECKING:
    from streams.contract.results import ScreeningResult

NAMES = ("settlement-event", "screening-result", "feedback", "reference")
EVENT = schema("settlement-event")
LINE = EVENT["properties"]["feedetail"]["items"]
RESULT = schema("screening-result")
VIOLATION = RESULT["$defs"]["violation"]
MODEL = RESULT["properties"]["model"]
REFERENCE = schema("reference")["$defs"]

READ: list[tuple[type[Struct], Any]] = [
    (wire.WireEvent, EVENT),
    (wire.WireLine, LINE),
    (TraceCode, LINE["properties"]["drug_trac_info"]["items"]),
    (Diagnosis, EVENT["properties"]["diagnoses"]["items"]),
    (feedback._Wire, schema("feedback")),
    (reference._WireInstitution, REFERENCE["institution"]),
    (reference._WirePractitioner, REFERENCE["practitioner"]),
    (reference._WirePerson, REFERENCE["person"]),
]
WRITTEN: list[tuple[type[Struct], Any]] = [
    (results.Violation, VIOLATION),
    (results.LineDetail, VIOLATION["properties"]["judge_result_detail_dtos"]["items"]),
    (results.ModelScore, MODEL),
    (results.Contribution, MODEL["properties"]["contributions"]["items"]),
    (results.Ruleset, RESULT["properties"]["ruleset"]),
]
DOMAIN: list[tuple[type[Struct], Any]] = [
    (Line, LINE),
    (feedback.Feedback, schema("feedback")),
    (reference.Institution, REFERENCE["institution"]),
    (reference.Practitioner, REFERENCE["practitioner"]),
    (reference.Person, REFERENCE["person"]),
]


def names_of(record: type[Struct]) -> set[str]:
    """Return the names of the fields of a record."""
    return {field.name for field in fields(record)}


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_are_schemas(name: str) -> None:
    """Each file is a valid JSON Schema of its draft under its own name."""
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == f"{name}.schema.json"


def test_there_are_no_other_schemas() -> None:
    """Every published schema is one of those tested here."""
    assert {path.name for path in SCHEMAS.glob("*.json")} == {f"{name}.schema.json" for name in NAMES}


@pytest.mark.parametrize(("record", "published"), READ + WRITTEN + DOMAIN)
def test_records_have_the_published_fields(record: type[Struct], published: Any) -> None:
    """Every field of a record is in its schema, and every property of the schema in the record."""
    assert names_of(record) == set(published["properties"])


@pytest.mark.parametrize(("record", "published"), READ)
def test_what_is_read_requires_what_is_published(record: type[Struct], published: Any) -> None:
    """The fields without which a record is rejected are those the schema requires."""
    without_default = {f.name for f in fields(record) if f.default is NODEFAULT and f.default_factory is NODEFAULT}
    assert without_default == set(published["required"])


def test_an_event_adds_only_what_it_derives() -> None:
    """A typed event has the published fields, and the three that are computed."""
    assert names_of(Event) - set(EVENT["properties"]) == {"time", "service_time", "psn_ref"}
    assert set(EVENT["properties"]) <= names_of(Event)


def test_a_result_leaves_out_only_when_it_was_made() -> None:
    """A result has the published fields except `screened_at`, which the shell adds."""
    assert set(RESULT["properties"]) - names_of(results.ScreeningResult) == {"screened_at"}
    assert names_of(results.ScreeningResult) <= set(RESULT["properties"])


@pytest.mark.parametrize("result", [passing_result(), full_result()])
def test_results_fit_their_schema(result: ScreeningResult) -> None:
    """What goes out is what was published."""
    sent = json.loads(stamp(encode_result(result), parse_time("2026-11-20"), Outgoing(b"key")))
    validator("screening-result").validate(sent)
    del sent["screened_at"]
    assert not validator("screening-result").is_valid(sent)


AMOUNTS = st.none() | st.integers(-(10**12), 10**12).map(lambda fen: fen / 100)
EVIDENCE = st.dictionaries(
    st.text(max_size=5), st.recursive(st.none() | st.integers(-(2**53), 2**53) | st.text(), st.lists, max_leaves=5)
)


@given(
    action=st.sampled_from(["pass", "remind", "review", "hold"]),
    score=st.floats(0, 100),
    amount=AMOUNTS,
    evidence=EVIDENCE,
    text=st.text(),
)
def test_any_result_fits_its_schema(
    action: results.Action, score: float, amount: float | None, evidence: dict[str, Any], text: str
) -> None:
    """Whatever rules find, the record that goes out fits the schema and says what was found."""
    result = full_result()
    violation = result.violations[0]
    result.action, result.risk_score = action, score
    violation.vola_amt, violation.vola_evid, violation.vola_cont, violation.basis = amount, evidence, text, None
    sent = json.loads(stamp(encode_result(result), 0, Outgoing(b"key")))
    validator("screening-result").validate(sent)
    found = sent["violations"][0]
    assert (found["vola_amt"], found["vola_evid"], found["vola_cont"]) == (amount, evidence, text)
    assert (sent["action"], sent["risk_score"]) == (action, score)
