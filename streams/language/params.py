"""A rule's parameters: their types, and the values in the unit each use needs, computed once per area."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from streams.language.types import BOOL, DAY, INT, NUMBER, SCALES, TEXT, TEXTS, Kind, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

Raw = bool | int | Decimal | str | tuple[Any, ...] | None
"""A value as the pack states it; a date is ``Day``."""


class Day(int):
    """A date in a pack: a Beijing day."""

    __slots__ = ()


PLAIN: Mapping[type, Type] = {bool: BOOL, Day: DAY, int: INT, Decimal: NUMBER, str: TEXT}


def type_of(raw: Raw) -> Type | None:
    """Tell the type of a stated value; None when it has none (an empty or mixed list)."""
    if not isinstance(raw, tuple):
        return PLAIN.get(type(raw))
    if raw and all(isinstance(item, str) for item in raw):
        return TEXTS
    if raw and all(type(item) is int for item in raw):
        return Type(Kind.LIST, item=Kind.INT)
    return None


class ParamTable:
    """Parameters of one rule, laid out as the tuple that generated code reads.

    A parameter has a slot for each unit it is used in: ``param.limit`` compared with money is stored in fen, so
    that nothing is converted while screening.
    """

    def __init__(self, values: Mapping[str, Raw], areas: Mapping[str, Mapping[str, Raw]]) -> None:
        self.values = dict(values)
        self.areas = {area: dict(changed) for area, changed in areas.items()}
        self.types = {name: found for name in values if (found := self._type(name)) is not None}
        self._slots: dict[tuple[str, Kind], int] = {}

    def _stated(self, name: str) -> list[Raw]:
        """Give every value a parameter has anywhere."""
        return [self.values[name], *(changed[name] for changed in self.areas.values() if name in changed)]

    def _type(self, name: str) -> Type | None:
        """Tell a parameter's type: one fraction in any area makes it a number."""
        types = {type_of(raw) for raw in self._stated(name)}
        if types == {INT, NUMBER}:
            return NUMBER
        return types.pop() if len(types) == 1 else None

    def slot(self, name: str, kind: Kind) -> int | None:
        """Give the position of a parameter's value in a unit; None when a stated value is not exact in it."""
        if any(_scaled(raw, kind) is None for raw in self._stated(name)):
            return None
        return self._slots.setdefault((name, kind), len(self._slots))

    def layout(self, area: str = "") -> tuple[Any, ...]:
        """Give the values of all slots, with the overrides of an area prefix where it has any."""
        values = self.values | self.areas.get(area, {})
        return tuple(_scaled(values[name], kind) for name, kind in self._slots)


def _scaled(raw: Raw, kind: Kind) -> Any:
    """Convert a stated value to a unit, exactly; None when that is not possible."""
    if isinstance(raw, Day):
        return int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        return raw
    if kind is Kind.NUMBER:
        return float(raw)
    scaled = Decimal(raw) * SCALES.get(kind, 1)
    return int(scaled) if scaled == scaled.to_integral_value() else None
