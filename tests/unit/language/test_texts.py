"""How values stand in evidence."""

from __future__ import annotations

import pytest

from streams.language.texts import as_json, decimal_text, number_text, percent_text
from streams.language.types import Kind
from tests.unit.language.bench import NOON


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1_560, Kind.MONEY, 15.6),
        (1_500, Kind.MONEY, 15),
        (-5, Kind.MONEY, -0.05),
        (12_345_678, Kind.PRICE, 12.345678),
        (25_000, Kind.QUANTITY, 2.5),
        (90_000, Kind.DURATION, 90),
        (NOON, Kind.TIME, "2025-11-27T12:00:00+08:00"),
        (20_419, Kind.DAY, "2025-11-27"),
        (10**18, Kind.TIME, None),
        (10**9, Kind.DAY, None),
        (("a", "b"), Kind.LIST, ["a", "b"]),
        (0.25, Kind.NUMBER, 0.25),
        ("x", Kind.TEXT, "x"),
        (True, Kind.BOOL, True),
        (None, Kind.MONEY, None),
    ],
)
def test_evidence_is_in_plain_units(value: object, kind: Kind, expected: object) -> None:
    """Evidence speaks of yuan, pieces and seconds, RFC 3339 and dates."""
    found = as_json(value, kind)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "scale", "places", "expected"),
    [(0, 10_000, 0, "0"), (5, 10_000, 0, "0.0005"), (-15_000, 10_000, 0, "-1.5"), (1_000_000, 1_000_000, 2, "1.00")],
)
def test_scaled_integers_have_no_trailing_zeros(value: int, scale: int, places: int, expected: str) -> None:
    """A quantity shows the decimals it has, a price at least two."""
    assert decimal_text(value, scale, places) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.0, "0"), (-0.001, "0"), (2.0, "2"), (2.345, "2.35"), (1e6, "1000000")]
)
def test_numbers_have_two_decimals_at_most(value: float, expected: str) -> None:
    """A ratio is rounded for the reader."""
    assert number_text(value) == expected


def test_percentages_have_one_decimal() -> None:
    """A share reads as a percentage."""
    assert percent_text(0.35) == "35.0%"
