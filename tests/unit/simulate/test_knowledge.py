"""The shipped knowledge tables: readable, founded, and about the things that the simulated province has."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.rules.knowledge_files import load_knowledge
from streams.rules.places import Problems
from streams.rules.tables import TABLES
from streams.simulate.catalogue import Catalogue
from streams.simulate.medicines import CLASSES
from streams.simulate.treatments import CONSUMABLES, SERVICES
from tests.unit.simulate.facts import FOLDER, fact, matches, rows

CATALOGUE = Catalogue(1)
DRUGS = {drug.code: drug for drug in CATALOGUE.drugs}
ITEMS = {row.code for row in (*SERVICES, *CONSUMABLES)}
REFERRED = {"P09": "contained", "P17": "needs", "T02": "med_list_codg", "V15": "excludes"}
"""Columns that name further items."""


def test_every_table_of_the_registry_is_shipped_and_readable() -> None:
    """No table is missing, none is unknown, and no row is refused or warned of."""
    problems = Problems()
    knowledge = load_knowledge(Path(FOLDER), problems, {})
    assert [*problems.errors, *problems.warnings] == []
    assert set(knowledge.tables) == set(TABLES)
    assert all(len(table) for table in knowledge.tables.values())


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_source_in_chinese(table: str) -> None:
    """A regulation, a catalogue, a handbook, or the word that it is an example."""
    for row in rows(table):
        assert any("一" <= letter <= "龥" for letter in row["basis"]), row


@pytest.mark.parametrize("table", TABLES)
def test_codes_have_the_national_form(table: str) -> None:
    """Drugs begin with X or Z, services have 15 digits and consumables a C; prefixes are shorter and end in a star."""
    whole = {"X": 23, "Z": 23, "0": 15, "C": 21, "8": 7}
    for row in rows(table):
        codes = [row["code"], *row.get(REFERRED.get(table, ""), "").split(";")]
        for code in filter(None, codes):
            length = whole[code[0]]
            assert len(code.removesuffix("*")) < length if code.endswith("*") else len(code) == length, row


@pytest.mark.parametrize("table", [name for name in TABLES if name != "T02"])
def test_tables_are_about_things_of_the_simulated_province(table: str) -> None:
    """At least one row, and so the scenario of the rule, meets a drug or a service that is simulated."""
    found = [row for row in rows(table) if any(matches(code, row["code"]) for code in (*DRUGS, *ITEMS))]
    assert found


def test_trace_prefixes_lead_to_their_drugs() -> None:
    """Each simulated drug has its seven digits in the table, whatever the seed, and nothing else is in it."""
    table = {row["code"]: row["med_list_codg"] for row in rows("T02")}
    for seed in (1, 2):
        assert table == {drug.prefix: drug.code for drug in Catalogue(seed).drugs}


def test_split_drugs_have_their_units() -> None:
    """Each drug that is sold in parts has the number of its units, and no other one is in the table."""
    for drug in CATALOGUE.drugs:
        row = fact("T05", drug.code)
        assert (drug.units == 1) == (row is None)
        assert row is None or int(row["pack_units"]) == drug.units


def test_every_class_has_five_drugs() -> None:
    """The catalogue has the same number of makers for each class."""
    assert len(CLASSES) * 5 == len(DRUGS)


def test_easily_resold_drugs_are_watched() -> None:
    """The watched classes are those of the table."""
    assert {drug.code for drug in CATALOGUE.drugs if drug.watched} == {code for code in DRUGS if fact("D04", code)}


def test_levels_agree_with_those_that_the_province_keeps() -> None:
    """Where the table asks for a level, ordinary bills keep to it."""
    for drug in CATALOGUE.drugs:
        row = fact("P07", drug.code)
        assert drug.level == (0 if row is None else int(row["min_level"]))


def test_services_of_one_sex_are_those_of_the_table() -> None:
    """What is only charged to one sex is what the table restricts to it."""
    for item in SERVICES:
        row = fact("P02", item.code)
        assert item.sex == ("" if row is None else row["gend"])
