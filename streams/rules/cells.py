"""How the cells of a knowledge table are read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from streams.contract.time import parse_date
from streams.language.types import SCALES, Kind

if TYPE_CHECKING:
    from streams.rules.tables import Column

CODE = re.compile(r"[0-9A-Za-z._/#-]{1,50}\*?")
AREA = re.compile(r"[0-9]{1,6}")
WHOLE = re.compile(r"[0-9]{1,9}")
DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+", re.IGNORECASE)


class CellError(Exception):
    """A cell cannot be read; the message never repeats more than the cell itself."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def read_code(cell: str) -> str:
    """Read a code: exact, or a prefix ending in ``*``."""
    if SCIENTIFIC.fullmatch(cell):
        raise CellError(f"{cell!r} is a number that a spreadsheet rewrote", "format the column as text")
    if not CODE.fullmatch(cell):
        raise CellError(f"{cell!r} is not a code" if cell else "a code is needed", "a prefix ends in one *")
    return cell


def read_day(cell: str) -> int | None:
    """Read a date; blank is open."""
    if not cell:
        return None
    try:
        return parse_date(cell)
    except ValueError as error:
        raise CellError(f"{cell!r} is {error}") from None


def read_areas(cell: str) -> tuple[str, ...]:
    """Read area prefixes, separated by ``;``; blank is everywhere."""
    if not cell:
        return ()
    areas = tuple(part.strip() for part in cell.split(";") if part.strip())
    for area in areas:
        if not AREA.fullmatch(area):
            raise CellError(f"{area!r} is not an area prefix", "one to six digits, separated by ;")
    return areas


def read_cell(column: Column, cell: str) -> Any:
    """Read a cell of a table's own column."""
    if not cell:
        if column.default is None and not column.optional:
            raise CellError("a value is needed")
        return column.default
    match column.type.kind:
        case Kind.INT:
            return _whole(cell)
        case Kind.QUANTITY:
            return _scaled(cell, SCALES[Kind.QUANTITY])
        case Kind.BOOL:
            return _flag(cell)
        case Kind.LIST:
            return _list(cell)
        case _:
            return _text(column, cell)


def _whole(cell: str) -> int:
    if not WHOLE.fullmatch(cell):
        raise CellError(f"{cell!r} is not a whole number")
    return int(cell)


def _scaled(cell: str, scale: int) -> int:
    value = Decimal(cell) * scale if DECIMAL.fullmatch(cell) else None
    if value is None or value != value.to_integral_value():
        raise CellError(f"{cell!r} is not a number with at most {len(str(scale)) - 1} decimals")
    return int(value)


def _flag(cell: str) -> bool:
    if cell not in {"0", "1"}:
        raise CellError(f"{cell!r} is neither 0 nor 1")
    return cell == "1"


def _list(cell: str) -> tuple[str, ...]:
    if "；" in cell or "，" in cell or "、" in cell:
        raise CellError(f"{cell!r} has a full-width separator", "separate by ;")
    values = tuple(part.strip() for part in cell.split(";") if part.strip())
    if not values:
        raise CellError("a value is needed")
    return values


def _text(column: Column, cell: str) -> str:
    allowed = column.type.values
    if allowed and cell not in allowed:
        raise CellError(f"{cell!r} is not allowed", "one of: " + ", ".join(sorted(allowed)))
    return cell
