"""Knowledge tables: which row holds for a code, on a day, in an area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contract.events import TraceCode
from streams.rules.knowledge import Fact, Table, fact_type
from streams.rules.knowledge_files import MAX_ROW_PROBLEMS, load_knowledge
from streams.rules.places import Problems
from streams.rules.tables import TABLES
from tests.unit.language.bench import NOON, event, line

if TYPE_CHECKING:
    from pathlib import Path

DAY = 20_000
AREA = "310115"


def load(folder: Path, table_id: str, text: str) -> Table:
    """The table of a file."""
    (folder / f"{table_id}.csv").write_text(text, encoding="utf-8", newline="")
    problems = Problems()
    knowledge = load_knowledge(folder, problems, {})
    assert problems.problems == []
    return knowledge.table(table_id)


def genders(table: Table, code: str, day: int = DAY, area: str = AREA) -> list[str]:
    return [fact.gend for fact in table.facts(code, day, area)]  # type: ignore[attr-defined]


def test_the_longest_code_wins(tmp_path: Path) -> None:
    """An exact code beats every prefix, a longer prefix a shorter one."""
    table = load(tmp_path, "P02", "code,gend\n0033*,1\n003313*,2\n003313001,1\n")

    assert genders(table, "003312001") == ["1"]
    assert genders(table, "003313002") == ["2"]
    assert genders(table, "003313001") == ["1"]
    assert genders(table, "0034") == []
    assert [table.has(code) for code in ("0033", "003", "003313001")] == [True, False, True]


def test_dates_are_inclusive_and_open(tmp_path: Path) -> None:
    """A row holds from its first to its last day; blank is open. Where the longer code does not hold, a shorter may."""
    table = load(
        tmp_path,
        "P02",
        "code,gend,effective_from,effective_to\n0033*,1,,\n003313*,2,2026-01-10,2026-01-20\n003313*,1,2026-01-21,\n",
    )
    day = 20_463  # 2026-01-10

    assert genders(table, "003313001", day - 1) == ["1"]
    assert genders(table, "003313001", day) == ["2"]
    assert genders(table, "003313001", day + 10) == ["2"]
    assert genders(table, "003313001", day + 11) == ["1"]


def test_the_most_specific_area_wins(tmp_path: Path) -> None:
    """A row for an area beats the row for everywhere, a smaller area a larger one."""
    table = load(tmp_path, "P02", "code,gend,areas\n0033*,1,\n0033*,2,31; 32\n0033*,1,3101\n")

    assert genders(table, "0033") == ["1"]
    assert genders(table, "0033", area="310200") == ["2"]
    assert genders(table, "0033", area="440300") == ["1"]


def test_pairs_keep_all_their_rows(tmp_path: Path) -> None:
    """A main item has a row for each contained item; an area replaces the row of the same pair alone."""
    table = load(
        tmp_path, "P09", "code,contained,scope,areas\n0011*,0012,day,\n0011*,0013,visit,\n0011*,0013,hour,3101\n"
    )

    facts = table.facts("0011001", DAY, AREA)
    assert [(fact.contained, fact.scope) for fact in facts] == [("0012", "day"), ("0013", "hour")]  # type: ignore[attr-defined]


def test_a_table_can_be_looked_up_by_another_column(tmp_path: Path) -> None:
    """``match: contained`` finds the main items of a contained item."""
    (tmp_path / "P09.csv").write_text("code,contained,scope\n0011*,0012*,day\n0014,0012*,day\n")
    knowledge = load_knowledge(tmp_path, Problems(), {})
    table = knowledge.table("P09", "contained")

    assert [fact.code for fact in table.facts("0012005", DAY, AREA)] == ["0011*", "0014"]
    assert knowledge.table("P09", "contained") is table


def test_lines_are_looked_up_by_their_own_day(tmp_path: Path) -> None:
    """The day is that of fee_ocur_time in Beijing, the area that of treatment."""
    table = load(tmp_path, "P02", "code,gend,effective_from,areas\n0033*,1,2025-11-27,3101\n")
    seen = event()

    assert table.facts_for_line(seen, line(med_list_codg="0033", fee_ocur_time=NOON - 43_200_000), None)
    assert not table.facts_for_line(seen, line(med_list_codg="0033", fee_ocur_time=NOON - 43_200_001), None)
    assert not table.facts_for_line(event(mdtrtarea_admvs="320100"), line(med_list_codg="0033"), None)


def test_trace_codes_are_looked_up_by_prefix(tmp_path: Path) -> None:
    """T02 names product prefixes; a trace code has the row its beginning has."""
    table = load(tmp_path, "T02", "code,med_list_codg\n8177001,XC08\n81770011,XC09\n")
    code = TraceCode(drug_trac_codg="81770010000000000001")

    found = table.facts_for_line(event(), line(), code)
    assert [fact.med_list_codg for fact in found] == ["XC08"]  # type: ignore[attr-defined]


def test_own_columns_are_typed(tmp_path: Path) -> None:
    """Quantities are scaled, lists are tuples, blanks take the default or are unknown."""
    p06 = load(tmp_path, "P06", "code,med_types,emergency_ok,basis\nX*,21;  52;,1,依据\nY*,21,,\n")
    p13 = load(tmp_path, "P13", "code,min_age_years,max_age_years\nA,16,\n")
    p14 = load(tmp_path, "P14", "code,group\nA,g\nB,g\n")
    p10 = load(tmp_path, "P10", "code,max_per_day\nA,1.5\n")

    x, y = p06.facts("X1", DAY, AREA)[0], p06.facts("Y1", DAY, AREA)[0]
    assert (x.med_types, x.emergency_ok, x.basis) == (("21", "52"), True, "依据")  # type: ignore[attr-defined]
    assert (y.emergency_ok, y.basis) == (False, "")  # type: ignore[attr-defined]
    assert [(f.min_age_years, f.max_age_years) for f in p13.facts("A", DAY, AREA)] == [(16, None)]  # type: ignore[attr-defined]
    assert p14.facts("A", DAY, AREA)[0].factor == 5_000  # type: ignore[attr-defined]
    assert p10.facts("A", DAY, AREA)[0].max_per_day == 15_000  # type: ignore[attr-defined]


def test_spreadsheets_may_save_as_they_like(tmp_path: Path) -> None:
    """A byte order mark, Windows line ends, quotes, blank lines and blanks around cells are no mistakes."""
    table = load(tmp_path, "P02", '\ufeffcode,gend,basis\r\n\r\n 003312* , 1 ,"a,""b""\r\nc"\r\n,,\r\n')

    (fact,) = table.facts("003312", DAY, AREA)
    assert fact.basis == 'a,"b"\r\nc'


def test_a_row_after_a_cell_with_line_breaks_keeps_its_line(tmp_path: Path) -> None:
    """A mistake is reported in the line where its row begins."""
    (tmp_path / "P02.csv").write_text('code,gend,basis\nA,1,"x\ny"\nB,3,\n')
    problems = Problems()
    load_knowledge(tmp_path, problems, {})

    assert [problem.line for problem in problems.problems] == [4]


def test_a_table_in_the_wrong_format_is_reported_briefly(tmp_path: Path) -> None:
    """A hundred unreadable rows are reported, the others are counted."""
    (tmp_path / "P02.csv").write_text("code,gend\n" + "A B,9\n" * 1_000)
    problems = Problems()
    load_knowledge(tmp_path, problems, {})

    assert len(problems.problems) == MAX_ROW_PROBLEMS + 1
    assert "1900 more rows cannot be read" in problems.problems[-1].message


def test_a_table_too_large_is_refused(tmp_path: Path) -> None:
    """A table above the limit is refused with its name before it is read into memory."""
    (tmp_path / "P02.csv").write_text("code,gend\nA,1\n")
    problems = Problems()
    load_knowledge(tmp_path, problems, {}, max_table_bytes=8)

    assert "more than 8 bytes" in problems.problems[0].message


def test_only_tables_at_the_top_are_read(tmp_path: Path) -> None:
    """Folders, hidden files and the links of a mounted ConfigMap's data folder are passed over."""
    data = tmp_path / "..data"
    data.mkdir()
    (data / "P02.csv").write_text("code,gend\nA,1\n")
    (tmp_path / "P02.csv").symlink_to("..data/P02.csv")
    (tmp_path / ".P01.csv").write_text("no table")
    (tmp_path / "P03.csv").mkdir()
    problems = Problems()
    digests: dict[str, bytes] = {}
    knowledge = load_knowledge(tmp_path, problems, digests)

    assert problems.problems == []
    assert list(knowledge.tables) == ["P02"]
    assert list(digests) == ["knowledge/P02.csv"]


def test_an_absent_folder_is_reported(tmp_path: Path) -> None:
    """A folder that does not exist is a mistake; no folder at all means no facts."""
    problems = Problems()
    load_knowledge(tmp_path / "none", problems, {})
    assert "the folder cannot be read" in problems.problems[0].message
    assert load_knowledge(None, Problems(), {}).tables == {}


CODES = st.text("01", min_size=1, max_size=4)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(CODES, st.booleans(), st.sampled_from("12")), max_size=12),
    code=CODES,
)
def test_the_index_agrees_with_reading_all_rows(rows: list[tuple[str, bool, str]], code: str) -> None:
    """Looking up by hash gives what reading through the whole table would."""
    spec = TABLES["P02"]
    made = fact_type("P02", spec)
    facts: list[Fact] = []
    seen = set()
    for text, prefix, gend in rows:
        key = text + "*" * prefix
        if key not in seen:
            seen.add(key)
            fact = made()
            fact.code, fact.basis, fact.areas, fact.effective_from, fact.effective_to = key, "", (), None, None
            fact.gend = gend  # type: ignore[attr-defined]
            facts.append(fact)
    matching = [f for f in facts if f.code == code] or sorted(
        (f for f in facts if f.code.endswith("*") and code.startswith(f.code[:-1])), key=lambda f: -len(f.code)
    )

    assert list(Table(spec, facts).facts(code, DAY, AREA)) == matching[:1]


@pytest.mark.parametrize("table_id", sorted(TABLES))
def test_every_table_of_the_catalogue_can_be_read(table_id: str, tmp_path: Path) -> None:
    """A row with every column of the table's documentation is read."""
    samples = {"gend": "1", "scope": "day", "emergency_ok": "1"}
    columns = list(TABLES[table_id].columns)
    row = ["8177001", *(samples.get(name, "7") for name in columns)]

    assert len(load(tmp_path, table_id, ",".join(["code", *columns]) + "\n" + ",".join(row) + "\n")) == 1
