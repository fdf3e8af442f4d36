"""Amounts as scaled integers."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract.money import FEN, LIMIT, PRICE, QUANTITY, fen, price, prorate, quantity, scaled, yuan, yuan_text

if TYPE_CHECKING:
    from collections.abc import Callable

SCALES: list[tuple[int, Callable[[float], int]]] = [(FEN, fen), (PRICE, price), (QUANTITY, quantity)]
# Half the limit: up to here neighbouring amounts are different doubles, so a JSON reader can tell them apart.
EXACT = LIMIT // 2


def text_of(n: int, scale: int) -> str:
    """Write n/scale as a decimal."""
    places = len(str(scale)) - 1
    return f"{Decimal(n).scaleb(-places):f}"


@given(st.sampled_from(SCALES), st.integers(-EXACT, EXACT))
def test_every_decimal_comes_back_exactly(kind: tuple[int, Callable[[float], int]], n: int) -> None:
    """A number written with the allowed decimals gives the integer that was written."""
    scale, convert = kind
    value = json.loads(text_of(n, scale))
    assert convert(value) == n
    assert scaled(value, scale) == n


@given(st.sampled_from(SCALES), st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_any_double_is_exact_or_refused(kind: tuple[int, Callable[[float], int]], value: float) -> None:
    """A double is accepted just when it is the nearest one to a decimal of the scale."""
    scale, convert = kind
    n = round(Fraction(value) * scale)
    if abs(n) < LIMIT and n / scale == value:
        assert convert(value) == n
    else:
        with pytest.raises(ValueError, match=r"decimals|range"):
            convert(value)


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (fen, 0.29, 29),
        (fen, -45.2, -4520),
        (fen, -0.0, 0),
        (fen, 1.005e2, 10050),
        (fen, 1560, 156000),
        (fen, 1e2, 10000),
        (price, 0.000001, 1),
        (quantity, 0.3333, 3333),
        (fen, 5e-324 * 0, 0),
        (fen, 70_368_744_177_663.99, 7_036_874_417_766_399),
    ],
)
def test_amounts_are_scaled(convert: Callable[[float], int], value: float, expected: int) -> None:
    """Amounts become integers without a trace of binary fractions."""
    assert convert(value) == expected


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (fen, 0.125),
        (fen, 0.001),
        (fen, 0.1 + 0.2),
        (fen, 1e308),
        (fen, -1e308),
        (fen, float(LIMIT)),
        (fen, LIMIT / FEN),
        (fen, 10**400),
        (fen, 5e-324),
        (fen, float("inf")),
        (fen, float("nan")),
        (price, 0.0000001),
        (quantity, 0.33333),
        (quantity, -float(LIMIT)),
    ],
)
def test_too_fine_or_too_large_is_refused(convert: Callable[[float], int], value: float) -> None:
    """More decimals than the scale has, or 2^53 and more, is a ValueError."""
    with pytest.raises(ValueError, match=r"decimals|range"):
        convert(value)


@given(st.integers(-EXACT, EXACT))
def test_yuan_reads_back_as_the_same_fen(amount: int) -> None:
    """Yuan that go out as a JSON number are the same fen when they come back."""
    assert fen(json.loads(json.dumps(yuan(amount)))) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [(156000, "1560.00"), (0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-4520, "-45.20"), (123456789, "1234567.89")],
)
def test_yuan_are_written_plainly(amount: int, text: str) -> None:
    """Sentences carry yuan with two decimals and no grouping."""
    assert yuan_text(amount) == text


@given(st.integers(-(10**13), 10**13), st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9).filter(bool))
def test_prorating_rounds_half_away_from_zero(amount: int, part: int, whole: int) -> None:
    """A share of an amount is the exact quotient rounded half away from zero, with the right sign."""
    exact = Fraction(amount * part, whole)
    nearest = (abs(exact) + Fraction(1, 2)).__floor__()
    assert prorate(amount, part, whole) == (nearest if exact >= 0 else -nearest)


@pytest.mark.parametrize(
    ("amount", "part", "whole", "expected"),
    [(1, 1, 2, 1), (-1, 1, 2, -1), (1, -1, 2, -1), (-1, 1, -2, 1), (10_000, 1, 3, 3_333), (0, 5, 7, 0), (9, 3, 3, 9)],
)
def test_shares_of_amounts(amount: int, part: int, whole: int, expected: int) -> None:
    """Halves go away from zero, thirds to the nearest."""
    assert prorate(amount, part, whole) == expected
    decimal = (Decimal(amount) * part / whole).quantize(Decimal(1), ROUND_HALF_UP)
    assert prorate(amount, part, whole) == int(decimal)


def test_a_share_of_nothing_is_an_error() -> None:
    """There is no share of a whole of 0."""
    with pytest.raises(ZeroDivisionError):
        prorate(100, 1, 0)
