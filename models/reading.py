"""Reads the inputs (`models.inputs`) from the event and from the pack's features, as rules read them.

What the pack has no feature for, what has too little history and what another worker has not said stays unknown.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from models.inputs import (
    AMOUNT,
    AWAY,
    DAY,
    ELSEWHERE,
    FUND,
    HOUR,
    INPUTS,
    LARGE,
    MONTH,
    NIGHT,
    NOW,
    PLACES,
    PRESCRIBED,
    REPEATED,
    SAME,
    STAYS,
    SUPPLY,
    TO_USUAL,
    WEEK,
)
from models.lines import read_lines, read_supplies
from streams.contract.time import BEIJING_MS, DAY_MS, HOUR_MS
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.inputs import Values
    from streams.contract.events import Event
    from streams.features.plan import FeaturePlan

FEATURES: Final = (
    "person_stays",
    "institution_day",
    "institution_hour",
    "institution_day_amounts",
    "institution_recent",
    "person_visits",
)
OF_LINES: Final = ("prescriber_day", "prescriber_places", "person_item_supply")
"""The pack's features that are read: of the settlement, and of its lines."""
HISTORY: Final = 5
"""Visits without which nothing is usual for a person."""
LATEST: Final = 64
"""Visits that are looked at, at most: of somebody who comes every day, the last two months."""
LARGE_RATIO: Final = 3.0
"""A visit this many times the person's median is a large one."""
_FORTNIGHT: Final = 14 * DAY_MS
_WEEK: Final = 7 * DAY_MS
_MONTH: Final = 30 * DAY_MS
_SHORTLY: Final = 12 * HOUR_MS
_FEN: Final = 100.0
_TIME: Final = itemgetter(0)
"""Of a visit, ms."""
_MORNING, _EVENING = 6 * HOUR_MS, 22 * HOUR_MS


class Inputs:
    """Reads the inputs of the events of one pack.

    Args:
        plan: The pack's features.
    """

    def __init__(self, plan: FeaturePlan) -> None:
        slots = {feature.spec.name: slot for slot, feature in enumerate(plan.settlement)}
        self._stays, self._day, self._hour, self._same, self._now, visits = (slots.get(name) for name in FEATURES)
        of_lines = {feature.spec.name: slot for slot, feature in enumerate(plan.line)}
        self._prescribed, self._places, supplies = (of_lines.get(name) for name in OF_LINES)
        kept = plan.line[supplies].spec.fields if supplies is not None else ()
        self._supplies = supplies if "days" in kept else None
        self._days = 2 + kept.index("days") if "days" in kept else 0
        fields = plan.settlement[visits].spec.fields if visits is not None else ()
        usable = {"institution", "amount"} <= set(fields)
        self._visits = visits if usable else None
        self._at, self._paid = (2 + fields.index("institution"), 2 + fields.index("amount")) if usable else (0, 0)

    def read(self, event: Event, context: Any) -> Values:
        """The numbers of a settlement; raises `streams.state.store.NotHereError` where a row is held elsewhere."""
        values: Values = [None] * len(INPUTS)
        total = event.medfee_sumamt or 0
        values[AMOUNT] = math.log1p(total / _FEN) if total > 0 else 0.0
        values[NIGHT] = 0.0 if _MORNING <= (event.time + BEIJING_MS) % DAY_MS < _EVENING else 1.0
        insured, treated = event.insuplc_admdvs, event.mdtrtarea_admvs
        values[AWAY] = 0.0 if insured == treated or insured[:4] == treated[:4] else 1.0
        if event.fund_pay_sumamt is not None and total > 0:
            values[FUND] = event.fund_pay_sumamt / total
        if self._visits is not None:
            self._read_visits(values, event, total, (context.f[self._visits] or context.load(self._visits)).entries)
        self._read_features(values, event, context)
        read_lines(values, event, context)
        if self._supplies is not None and values[SUPPLY] is not None:
            read_supplies(values, event, context, self._supplies, self._days)
        self._read_prescriber(values, event, context)
        return values

    def _read_visits(self, values: Values, event: Event, total: int, entries: Sequence[Any]) -> None:
        """The person's own visits before this one, oldest first."""
        values[LARGE] = values[WEEK] = values[MONTH] = values[ELSEWHERE] = values[REPEATED] = 0.0
        number = len(entries)
        if not number:
            return
        now, at, paid = event.time, self._at, self._paid
        if number > LATEST:
            entries, number = entries[-LATEST:], LATEST
        month = bisect_right(entries, now - _MONTH, key=_TIME)
        fortnight = bisect_right(entries, now - _FORTNIGHT, month, key=_TIME)
        values[WEEK] = float(number - bisect_right(entries, now - _WEEK, fortnight, key=_TIME))
        values[MONTH] = float(len({entry[at] for entry in entries[month:]}))
        if number >= HISTORY:
            amounts = sorted([entry[paid] or 0 for entry in entries])
            median = (amounts[number // 2] + amounts[(number - 1) // 2]) / 2
            if median > 0:
                if total > 0:
                    values[TO_USUAL] = math.log(total / median)
                bound = LARGE_RATIO * median
                if amounts[-1] > bound:
                    values[LARGE] = float(sum([(entry[paid] or 0) > bound for entry in entries[fortnight:]]))
        if now - entries[-1][0] < _SHORTLY:
            self._read_latest(values, event, total, entries)

    def _read_latest(self, values: Values, event: Event, total: int, entries: Sequence[Any]) -> None:
        """How close in time visits elsewhere are, and those here of the same amount."""
        now, here = event.time, event.fixmedins_code
        elsewhere = repeated = _SHORTLY
        for entry in reversed(entries):
            gap = now - entry[0]
            if gap >= _SHORTLY:
                break
            apart = abs(gap)
            if entry[self._at] != here:
                elsewhere = min(elsewhere, apart)
            elif total and entry[self._paid] == total:
                repeated = min(repeated, apart)
        values[ELSEWHERE], values[REPEATED] = _closeness(elsewhere), _closeness(repeated)

    def _read_features(self, values: Values, event: Event, context: Any) -> None:
        """What the pack's features say of the person's stays and of the institution."""
        seen = context.f
        slot = self._stays
        if slot is not None:
            stays = seen[slot] or context.load(slot)
            values[STAYS] = float(stays.open + (_overlapping(stays.entries, event) if event.enddate else 0))
        slot = self._day
        if slot is not None:
            values[DAY] = (seen[slot] or context.load(slot)).z
        slot = self._hour
        if slot is not None:
            ratio = (seen[slot] or context.load(slot)).ratio
            values[HOUR] = math.log(ratio) if ratio else None
        slot = self._same
        if slot is not None:
            amounts = seen[slot] or context.load(slot)
            others = amounts.same - 1
            values[SAME] = math.log1p(others * others / amounts.total) if others > 0 else 0.0
        slot = self._now
        if slot is not None:
            values[NOW] = math.log1p((seen[slot] or context.load(slot)).count)

    def _read_prescriber(self, values: Values, event: Event, context: Any) -> None:
        """What the pack's features say of the first prescriber; unknown where another worker has not said it yet."""
        if self._prescribed is None or self._places is None:
            return
        line = next((line for line in event.feedetail if line.bilg_dr_codg), None)
        if line is None:
            return
        context.at_line(line)
        try:
            today, places = context.load_line(self._prescribed).count, context.load_line(self._places).count
        except NotHereError:
            # An answer that is overdue costs this input, not the score.
            return
        if today:
            values[PRESCRIBED], values[PLACES] = math.log1p(today), float(max(0, places - 1))


def _closeness(gap: int) -> float:
    """Of something so many milliseconds away, on a scale of ratios; 0 = not within `_SHORTLY`."""
    return math.log(_SHORTLY / max(gap, 60_000)) if gap < _SHORTLY else 0.0


def _overlapping(stays: Sequence[Any], event: Event) -> int:
    """The person's ended stays of another number that share more than the day of a transfer with this one."""
    begun, ended = event.begndate or event.time, event.enddate or event.time
    return sum(
        key != event.mdtrt_id and end is not None and min(end, ended) - max(begin, begun) > DAY_MS
        for key, begin, end, *_ in stays
    )
