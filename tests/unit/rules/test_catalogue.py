"""The language can say the rules of the catalogue that windows of one scope decide, and they compute."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.contract.events import Diagnosis, TraceCode
from tests.unit.language.bench import NOON, event, line
from tests.unit.rules.packs import load

DAY = 86_400_000
TEXT = (Path(__file__).parent / "catalogue.yaml").read_text(encoding="utf-8")
TABLES = {
    "P03": "code\nX\n",
    "P04": "code,max_age_days\nX,28\n",
    "P05": "code,insutypes\nX,310;390\n",
    "P06": "code,med_types,emergency_ok\nX,21,1\n",
    "P07": "code,min_level\nX,3\n",
    "P08": "code,max_days\nX,14\n",
    "P09": "code,contained,scope\nY*,X,6h\n",
    "P10": "code,max_per_day\nX,1\n",
    "P11": "code,max_times,period_days\nX,1,15\n",
    "P12": "code,max_days,episode_gap_days\nX,3,30\n",
    "P13": "code,min_age_years,max_age_years\nX,,50\n",
    "P14": "code,group\nX,g\nY,g\n",
    "P16": "code,icd\nX,E1\n",
    "P17": "code,needs\nX,Z\n",
    "P18": "code\nX\n",
    "T02": "code,med_list_codg\n8177001,Y\n",
    "T05": "code,pack_units\nX,10\n",
    "D04": "code\nX\n",
    "V07": "code\nB\n",
    "V11": "code,group\nX,g\n",
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The catalogue as a pack."""
    return load(tmp_path_factory.mktemp("catalogue"), TEXT, **TABLES)


def log(pack: Any, name: str, *entries: dict[str, Any]) -> tuple[str, SimpleNamespace]:
    """A log feature with entries."""
    feature = next(found for found in pack.features if found.name == name)
    rows = [tuple(entry.get(field) for field in feature.fields) for entry in entries]
    return name, SimpleNamespace(entries=rows, count=len(rows), settlements=[])


class World:
    """Answers with the given features, and with empty ones otherwise."""

    def __init__(self, pack: Any, *given: tuple[str, Any], **records: Any) -> None:
        found = dict(given)
        empty = SimpleNamespace(count=0, sum=0, same=0, total=0, distinct=0, entries=[], settlements=[])
        self.f, self.lf, self.kf = (
            [found.get(feature.name, empty) for feature in pack.features if feature.each == each]
            for each in ("settlement", "line", "code")
        )
        self.institution = records.get("institution")
        self.practitioner = records.get("practitioner")
        self.person = records.get("person")


def decide(pack: Any, rule_id: str, seen: Any, world: World) -> Any:
    """Severity, amount and sentence of the first hit; None when silent."""
    rule = next(found for found in pack.rules if found.rule_id == rule_id)
    for row in [None] if rule.each == "settlement" else seen.feedetail:
        for code in row.drug_trac_info if rule.each == "code" else [None]:
            for fact in [None] if rule.facts is None else rule.facts(seen, row, code):
                arguments = (world, seen, row, code, fact, rule.defaults)
                if rule.when(*arguments):
                    rule.evidence(*arguments)
                    return rule.severity(*arguments), rule.amount(*arguments), rule.message(*arguments, 1)
    return None


def test_the_catalogue_compiles(pack: Any) -> None:
    """Every rule of the file is accepted without a warning."""
    assert pack.warnings == ()
    assert len(pack.rules) == 40


def test_every_rule_runs(pack: Any) -> None:
    """No rule raises on a bare settlement with empty windows."""
    seen = event(feedetail=[line(med_list_codg="X", drug_trac_info=[TraceCode(drug_trac_codg="8177001")])])

    for rule in pack.rules:
        decide(pack, rule.rule_id, seen, World(pack))


def x(**changes: Any) -> Any:
    """A line of item X."""
    return line(**{"med_list_codg": "X", **changes})


CASES: list[tuple[str, dict[str, Any], list[Any], tuple[int, int | None] | None]] = [
    ("P03", {"brdy": 20_419 - 17 * 365}, [x()], None),
    ("P03", {"brdy": 0}, [x()], (1, 2_000)),
    ("P04", {"brdy": 20_419 - 29}, [x()], (1, 2_000)),
    ("P04", {"brdy": 20_419 - 28}, [x()], None),
    ("P05", {"insutype": "380"}, [x()], (1, 2_000)),
    ("P05", {"insutype": "310"}, [x()], None),
    ("P05", {"insutype": None}, [x()], None),
    ("P06", {}, [x()], (1, 2_000)),
    ("P06", {"er_flag": "1"}, [x()], None),
    ("P06", {"med_type": "2101"}, [x()], None),
    ("P07", {"medins_lv": "05"}, [x()], (1, 2_000)),
    ("P07", {"medins_lv": "12"}, [x()], None),
    ("P08", {}, [x(prd_days=140_000)], None),
    ("P08", {}, [x(prd_days=140_000), x(feedetl_sn="2", prd_days=70_000)], (1, 667)),
    ("P09", {}, [x(), line(feedetl_sn="2", med_list_codg="Y1", fee_ocur_time=NOON - 21_600_000)], (1, 2_000)),
    ("P09", {}, [x(), line(feedetl_sn="2", med_list_codg="Y1", fee_ocur_time=NOON - 21_600_001)], None),
    ("P13", {"brdy": 0}, [x()], (1, 2_000)),
    ("P13", {"brdy": 10_000}, [x()], None),
    ("P14", {}, [x(feedetl_sn="2"), line(med_list_codg="Y")], (2, 1_000)),
    ("P14", {}, [x(feedetl_sn="2", det_item_fee_sumamt=1_250), line(med_list_codg="Y")], None),
    ("P14", {}, [x(feedetl_sn="2")], None),
    ("P16", {}, [x()], (2, 2_000)),
    ("P16", {"diagnoses": []}, [x()], None),
    ("P16", {"diagnoses": [Diagnosis(dise_codg="I10"), Diagnosis(dise_codg="E11.9")]}, [x()], None),
    ("P17", {}, [x()], (2, 2_000)),
    ("P17", {}, [x(), line(med_list_codg="Z")], None),
    ("T02", {}, [x()], (2, 2_000)),
    ("T03", {}, [x(fee_ocur_time=NOON + 60 * DAY)], (3, 2_000)),
    ("T03", {}, [x(fee_ocur_time=NOON + 60 * DAY, cnt=10_000)], None),
    ("T03", {}, [x()], None),
    ("T05", {}, [x(cnt=110_000, drug_trac_info=[TraceCode(drug_trac_codg="8", trdn_flag="1")])], (2, 2_000)),
    ("T06", {}, [x(drug_trac_info=[TraceCode(drug_trac_codg="8")] * 2)], (2, 2_000)),
    ("V07", {"begndate": NOON - 3 * DAY, "enddate": NOON}, [line(med_list_codg="B", cnt=20_000)], None),
    ("V07", {"begndate": NOON - 4 * DAY, "enddate": NOON}, [line(med_list_codg="B", cnt=20_000)], (3, 1_500)),
    ("V08", {"begndate": NOON - DAY, "enddate": NOON}, [line(med_chrgitm_type="03")], (3, 1_500)),
    (
        "V08",
        {"begndate": NOON - DAY, "enddate": NOON},
        [line(med_chrgitm_type="03"), line(med_chrgitm_type="06")],
        None,
    ),
    ("V13", {"diagnoses": [Diagnosis(dise_codg="S72.0")]}, [], (3, 1_500)),
    ("V13", {"diagnoses": [Diagnosis(dise_codg="T98.3")]}, [], (3, 1_500)),
    ("V13", {"diagnoses": [Diagnosis(dise_codg="R10")]}, [], None),
]


@pytest.mark.parametrize(("rule_id", "changes", "lines", "expected"), CASES)
def test_rules_of_one_settlement(
    pack: Any, rule_id: str, changes: dict[str, Any], lines: list[Any], expected: tuple[int, int | None] | None
) -> None:
    """Facts, ages, levels, diagnoses and the other lines of the settlement decide, to the day and the fen."""
    found = decide(pack, rule_id, event(**{"feedetail": lines, **changes}), World(pack))

    assert (None if found is None else found[:2]) == expected


def supply(days: int, ago: int, institution: str = "H1") -> dict[str, Any]:
    return {"days": days * 10_000, "time": NOON - ago * DAY, "institution": institution, "mdtrt": "M0"}


@pytest.mark.parametrize(
    ("supplies", "prd_days", "after"),
    [
        ([], 38, "38"),
        ([supply(30, 40)], 38, "38"),
        ([supply(30, 20)], 30, "40"),
        ([supply(10, 60), supply(30, 40), supply(30, 20)], 20, "40"),
        ([supply(30, 5)], 12, None),
    ],
)
def test_days_on_hand_are_a_maximum_of_sums(
    pack: Any, supplies: list[dict[str, Any]], prd_days: int, after: str | None
) -> None:
    """D01: supplies add up, time runs off them, and never below nothing."""
    seen = event(feedetail=[x(prd_days=prd_days * 10_000)])
    found = decide(pack, "D01", seen, World(pack, log(pack, "person_item_supply", *supplies)))

    assert (None if found is None else found[2]) == (None if after is None else f"供药后可用{after}天")


def test_an_episode_is_found(pack: Any) -> None:
    """P12: days charged since the last gap of more than thirty days."""
    days = [{"day": 20_419 - ago} for ago in (80, 79, 40, 15, 14)]
    found = decide(pack, "P12", event(feedetail=[x()]), World(pack, log(pack, "person_item_days", *days)))

    assert found[2] == "自2025-10-18起已收费4天"


def test_an_open_stay_is_found(pack: Any) -> None:
    """V04: admitted elsewhere before today and not discharged by today."""
    admission = {"kind": "admission", "mdtrt": "M7", "institution": "H2", "time": NOON - 2 * DAY}
    discharge = {"kind": "discharge", "mdtrt": "M7", "institution": "H2", "time": NOON - DAY}

    assert decide(pack, "V04", event(), World(pack, log(pack, "stays", admission))) is not None
    assert decide(pack, "V04", event(), World(pack, log(pack, "stays", admission, discharge))) is None
    assert decide(pack, "V04", event(), World(pack, log(pack, "stays", {**admission, "institution": "H1"}))) is None
    assert decide(pack, "V04", event(), World(pack, log(pack, "stays", {**admission, "time": NOON}))) is None


def test_watched_drugs_sold_to_strangers(pack: Any) -> None:
    """D04: persons are counted once each, and the share of those from elsewhere among them."""
    sales = [{"drug": "X", "person": f"p{n % 5}", "area": "310100" if n % 5 < 2 else "230100"} for n in range(12)]
    found = decide(pack, "D04", event(feedetail=[x()]), World(pack, log(pack, "watched_sales", *sales)))

    assert found[2] == "5人，异地60.0%"


def test_registry_rules(pack: Any) -> None:
    """G06 and V09 read the registries; without a record they are silent, and an unknown date chooses the milder."""
    suspended = SimpleNamespace(status="suspended", designated_from=20_000, beds=None)
    recent = SimpleNamespace(status="suspended", designated_from=20_400, beds=None)
    undated = SimpleNamespace(status="suspended", designated_from=None, beds=None)
    dead = SimpleNamespace(status="deceased", insured_from=None, emp_no=None)

    assert decide(pack, "G06", event(), World(pack)) is None
    assert decide(pack, "G06", event(), World(pack, institution=suspended)) == (1, 1_500, "机构状态suspended")
    assert decide(pack, "G06", event(), World(pack, institution=recent))[2] == "机构状态suspended，处于辅导期"
    assert decide(pack, "G06", event(), World(pack, institution=undated))[0] == 3
    assert decide(pack, "V09", event(), World(pack, person=dead))[0] == 1
