"""Amounts as scaled integers: money in fen, prices in millionths of a yuan, quantities in ten-thousandths.

Nothing is compared or summed as a binary float. A JSON number arrives as the double nearest to its text; `scaled`
gives back the integer that text meant, or refuses it.
"""

from __future__ import annotations

FEN = 100
"""Fen in a yuan: the scale of money."""

PRICE = 1_000_000
"""Scale of unit prices in yuan (`pric`, `pric_uplmt_amt`)."""

QUANTITY = 10_000
"""Scale of `cnt` and `prd_days`."""

LIMIT = 2**53
"""Scaled amounts stay below this, where neighbouring doubles are still at most one apart."""

# One comparison with a double is cheaper on the hot path than two with a large integer.
_MAX_FEN = LIMIT / FEN
_MAX_PRICE = LIMIT / PRICE
_MAX_QUANTITY = LIMIT / QUANTITY


def fen(value: float) -> int:
    """Turn yuan into fen, exactly; see `scaled`."""
    if -_MAX_FEN < value < _MAX_FEN:
        n = round(value * FEN)
        if n / FEN == value:
            return n
    return scaled(value, FEN)


def price(value: float) -> int:
    """Turn a price in yuan into millionths of a yuan, exactly; see `scaled`."""
    if -_MAX_PRICE < value < _MAX_PRICE:
        n = round(value * PRICE)
        if n / PRICE == value:
            return n
    return scaled(value, PRICE)


def quantity(value: float) -> int:
    """Turn a count into ten-thousandths, exactly; see `scaled`."""
    if -_MAX_QUANTITY < value < _MAX_QUANTITY:
        n = round(value * QUANTITY)
        if n / QUANTITY == value:
            return n
    return scaled(value, QUANTITY)


def scaled(value: float, scale: int) -> int:
    """Turn a JSON number into an integer of 1/`scale`, exactly.

    `n / scale == value` holds only when `n / scale`, correctly rounded, is the very double the text was read as,
    so a number with more decimals than the scale has is refused, and 0.29 gives 29 although 0.29 * 100 is not 29.
    The product is rounded exactly here; the quicker product of doubles in `fen`, `price` and `quantity` can miss
    the integer by one near the limit, and then comes here.

    Args:
        value: The number, an ``int`` or a finite ``float``.
        scale: A power of ten: `FEN`, `PRICE` or `QUANTITY`.

    Raises:
        ValueError: The number has more decimals than the scale, or is too large, or is not finite.
    """
    if not -LIMIT < value < LIMIT:
        raise ValueError("a number out of range")
    top, bottom = value.as_integer_ratio()
    n = (2 * top * scale + bottom) // (2 * bottom)
    if not -LIMIT < n < LIMIT:
        raise ValueError("a number out of range")
    if n / scale != value:
        raise ValueError(f"more than {len(str(scale)) - 1} decimals")
    return n


def yuan(fen: int) -> float:
    """Return fen as the JSON number of yuan that goes out."""
    return fen / FEN


def yuan_text(fen: int) -> str:
    """Write fen as yuan with two decimals and no grouping, such as ``1560.00`` or ``-0.05``, for sentences."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN)
    return f"{sign}{whole}.{rest:02d}"


def prorate(amount: int, part: int, whole: int) -> int:
    """Return `amount` × `part` / `whole`, rounded to an integer, halves away from zero, computed exactly.

    Args:
        amount: Any scaled amount; the answer has its unit.
        part: Numerator, in the unit of `whole`.
        whole: Denominator.

    Raises:
        ZeroDivisionError: `whole` is 0.
    """
    top = amount * part
    size = (2 * abs(top) + abs(whole)) // (2 * abs(whole))
    return size if (top < 0) == (whole < 0) else -size
