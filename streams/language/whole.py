"""What depends on a settlement as a whole, computed once for each settlement and only when asked for.

An expression that sums over all lines for each line costs the square of their number; a settlement has up to 5,000. The
sums that rules need again and again are made in one pass here, and read as attributes: ``line.item_days``. Refund lines
among the lines count with their sign.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from zlib import crc32

from streams.contract.time import day_of

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode


class Whole:
    """Sums over the lines of one settlement, each made when it is first asked for."""

    __slots__ = ("_by_item", "_day_units", "_days", "_item_set", "_times", "_units", "event")

    def __init__(self, event: Event | None) -> None:
        self.event = event
        self._by_item: dict[str, list[Line]] | None = None
        self._units: dict[str, int] | None = None
        self._days: dict[str, int] | None = None
        self._day_units: dict[tuple[str, int], int] | None = None
        self._times: dict[str, int] | None = None
        self._item_set: str | None = None

    @property
    def _lines(self) -> list[Line]:
        return [] if self.event is None else self.event.feedetail

    def by_item(self) -> dict[str, list[Line]]:
        """Charged lines by item, in the order of the settlement."""
        found = self._by_item
        if found is None:
            found = self._by_item = {}
            for line in self._lines:
                if line.cnt > 0:
                    found.setdefault(line.med_list_codg, []).append(line)
        return found

    def units(self) -> dict[str, int]:
        """Quantity by item, refund lines taken off."""
        found = self._units
        if found is None:
            found = self._units = {}
            for line in self._lines:
                found[line.med_list_codg] = found.get(line.med_list_codg, 0) + line.cnt
        return found

    def days(self) -> dict[str, int]:
        """Days of supply by item: of the lines that state them, refund lines taken off."""
        found = self._days
        if found is None:
            found = self._days = {}
            for line in self._lines:
                if line.prd_days is not None:
                    signed = line.prd_days if line.cnt > 0 else -abs(line.prd_days)
                    found[line.med_list_codg] = found.get(line.med_list_codg, 0) + signed
        return found

    def day_units(self) -> dict[tuple[str, int], int]:
        """Quantity by item and Beijing day, refund lines taken off."""
        found = self._day_units
        if found is None:
            found = self._day_units = {}
            for line in self._lines:
                key = (line.med_list_codg, day_of(line.fee_ocur_time))
                found[key] = found.get(key, 0) + line.cnt
        return found

    def times(self) -> dict[str, int]:
        """How often each trace code stands on lines that are charged; empty where none stands twice."""
        found = self._times
        if found is None:
            codes = [code.drug_trac_codg for line in self._lines if line.cnt > 0 for code in line.drug_trac_info]
            found = self._times = {} if len(set(codes)) == len(codes) else dict(Counter(codes))
        return found

    def item_set(self) -> str:
        """The same 8 hex digits for the same set of charged items, whatever their order."""
        found = self._item_set
        if found is None:
            items = sorted({line.med_list_codg for line in self._lines if line.cnt > 0})
            found = self._item_set = f"{crc32(chr(0).join(items).encode()):08x}"
        return found


#: The settlement asked about last: rules ask about one after the other.
_last = [Whole(None)]


def whole(event: Event) -> Whole:
    """Give the sums of a settlement."""
    known = _last[0]
    if known.event is not event:
        known = _last[0] = Whole(event)
    return known


def same_item(event: Event, line: Line) -> list[Line]:
    """``line.same_item``: the settlement's charged lines with the same item, the line itself among them."""
    return whole(event).by_item().get(line.med_list_codg, [])


def item_units(event: Event, line: Line) -> int:
    """``line.item_units``: quantity of the settlement's lines with the same item."""
    return whole(event).units().get(line.med_list_codg, 0)


def item_days(event: Event, line: Line) -> int | None:
    """``line.item_days``: days of supply of the settlement's lines with the same item; unknown where none says."""
    return whole(event).days().get(line.med_list_codg)


def item_day_units(event: Event, line: Line) -> int:
    """``line.item_day_units``: quantity of the settlement's lines with the same item on the same Beijing day."""
    return whole(event).day_units().get((line.med_list_codg, day_of(line.fee_ocur_time)), 0)


def code_units(_event: Event, line: Line) -> int | None:
    """``line.code_units``: units of the line for each of its trace codes; unknown without codes."""
    number = len(line.drug_trac_info)
    return line.cnt // number if number else None


def repeats_codes(event: Event, _event: Event) -> bool:
    """``event.repeats_codes``: whether any trace code stands twice on charged lines."""
    return bool(whole(event).times())


def code_times(event: Event, code: TraceCode) -> int:
    """``code.times``: how often the trace code stands on charged lines of the settlement."""
    return whole(event).times().get(code.drug_trac_codg, 1)


def main_diagnosis(event: Event, _event: Event) -> str | None:
    """``event.main_diagnosis``: marked as main, of the discharge if there is one; if none is marked, the first."""
    diagnoses = event.diagnoses
    main = [found for found in diagnoses if found.maindise_flag == "1"]
    of_discharge = [found for found in main if found.inout_dise_type == "2"]
    for found in (of_discharge, main, diagnoses):
        if found:
            return found[0].dise_codg
    return None


def item_set(event: Event, _event: Event) -> str:
    """``event.item_set``: the set of charged items as a short text, to compare settlements by."""
    return whole(event).item_set()


COMPUTED: dict[str, Any] = {
    f"_{function.__name__}": function
    for function in (
        same_item,
        item_units,
        item_days,
        item_day_units,
        code_units,
        code_times,
        repeats_codes,
        main_diagnosis,
        item_set,
    )
}
"""By the names that generated code calls them."""
