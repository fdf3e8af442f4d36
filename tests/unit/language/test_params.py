"""Parameters: their types, their units, their values by area."""

from __future__ import annotations

from decimal import Decimal

import pytest

from streams.language.params import Day, ParamTable, Raw, type_of
from streams.language.types import Kind


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (3, Kind.INT),
        (Decimal("0.3"), Kind.NUMBER),
        ("x", Kind.TEXT),
        (True, Kind.BOOL),
        (Day(3), Kind.DAY),
        (("a", "b"), Kind.LIST),
        ((1, 2), Kind.LIST),
    ],
)
def test_a_value_has_the_type_it_looks_like(raw: Raw, kind: Kind) -> None:
    """What an analyst writes as a value decides its type."""
    found = type_of(raw)

    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize("raw", [(), (1, "a"), None, (True, 1), (Day(1), 2)])
def test_mixed_values_have_none(raw: Raw) -> None:
    """An empty or mixed list is nothing an expression could use."""
    assert type_of(raw) is None


def test_a_fraction_anywhere_makes_a_number() -> None:
    """A whole default with a fraction in one area is a number everywhere."""
    table = ParamTable({"share": 1}, {"31": {"share": Decimal("0.5")}})

    assert table.types["share"].kind is Kind.NUMBER
    assert table.slot("share", Kind.NUMBER) == 0
    assert table.layout() == (1.0,)
    assert table.layout("31") == (0.5,)


def test_each_unit_has_its_slot() -> None:
    """A parameter used as money and as a count is kept as both, and areas change both."""
    table = ParamTable({"limit": 3, "other": 5}, {"3101": {"limit": 4}})

    assert [table.slot("limit", kind) for kind in (Kind.INT, Kind.MONEY, Kind.QUANTITY, Kind.MONEY)] == [0, 1, 2, 1]
    assert table.layout() == (3, 300, 30_000)
    assert table.layout("3101") == (4, 400, 40_000)


def test_a_value_must_be_exact_in_its_unit() -> None:
    """A tenth of a fen in any area keeps the parameter from being money."""
    table = ParamTable({"limit": Decimal("0.55")}, {"31": {"limit": Decimal("0.555")}})

    assert table.slot("limit", Kind.MONEY) is None
    assert table.slot("limit", Kind.PRICE) == 0
