"""Numbers of settlements, visits, messages and prescriptions, and the serial numbers of drug boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.randomness import scatter, stream

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.records import Json

_DIGITS = 10
_SERIAL_DIGITS = 13
HALF = 5 * 10 ** (_DIGITS - 1)
"""Where the second of two users of the same numbers begins."""


class Identifiers:
    """Numbers that occur once.

    Args:
        first: number to begin with; users with ranges that do not meet never collide.
    """

    def __init__(self, first: int = 0) -> None:
        self._next = first

    def _number(self, letter: str, day: int) -> str:
        self._next += 1
        return f"{letter}{beijing.day_digits(day)}{scatter(self._next, _DIGITS):010d}"

    def settlement(self, day: int) -> str:
        """A setl_id."""
        return self._number("S", day)

    def visit(self, day: int) -> str:
        """A mdtrt_id."""
        return self._number("M", day)

    def prescription(self, day: int) -> str:
        """A rxno."""
        return self._number("RX", day)

    def message(self, institution: str, time: int) -> str:
        """An event_id in the platform's form: institution, time, four digits."""
        self._next += 1
        return f"{institution}{beijing.digits(time)}{self._next % 10_000:04d}"


def first_box(seed: int, first_day: int) -> int:
    """Number of the first box of each drug in a simulation: no box is sold in two provinces, or again another year."""
    return stream(seed, f"boxes from {first_day}").randrange(10**_SERIAL_DIGITS)


class Boxes:
    """Drug boxes; each has a trace code of its own and is sold once.

    Args:
        drugs: the whole catalogue.
        first: number of the first box of each drug.
    """

    def __init__(self, drugs: list[Drug], first: int) -> None:
        self._next = [first] * len(drugs)
        self._opened: dict[tuple[int, int], tuple[str, int]] = {}

    def take(self, drug: Drug) -> str:
        """The trace code of a new box: seven digits of the product, thirteen of the box."""
        number = self._next[drug.index]
        self._next[drug.index] = number + 1
        return f"{drug.prefix}{scatter(number, _SERIAL_DIGITS, drug.index):013d}"

    def whole(self, drug: Drug, count: int) -> list[Json]:
        """Trace nodes of new boxes sold whole."""
        return [trace(self.take(drug)) for _ in range(count)]

    def part(self, drug: Drug, place: int, units: int) -> list[Json]:
        """Trace node of a part of the box that this institution has open, opening the next one when it is used up."""
        code, left = self._opened.get((place, drug.index), ("", 0))
        if left < units:
            code, left = self.take(drug), drug.units
        self._opened[place, drug.index] = (code, left - units)
        return [trace(code, split=True)]


def trace(code: str, *, split: bool = False) -> Json:
    """A trace node."""
    return {"drug_trac_codg": code, "trdn_flag": "1" if split else "0", "min_prcunt_type": "1" if split else "2"}
