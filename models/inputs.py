"""What the models see of a settlement: a fixed list of numbers, read from the event and the engine's features.

Every input is a number that grows with oddness where oddness has a direction, or ``None`` where nothing is known (too
little history, a pack without the feature): unknown is never odd. The numbers are also cut into *cells*
(`models.cells`), on which the supervised model counts verdicts.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from hashlib import blake2b
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.contract.time import BEIJING_MS, DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.contract.events import Event
    from streams.features.plan import FeaturePlan

Values = list[float | None]
"""One number for each of `INPUTS`."""


class Input(NamedTuple):
    """One number.

    The centre and spread are what an area is taken to be like until it has shown what it is like
    (`models.baseline`), in the unit of the number.
    """

    name: str
    doc: str
    centre: float
    spread: float


INPUTS: Final = (
    Input("amount", "natural logarithm of the total fee in yuan, plus one", 4.5, 1.2),
    Input("amount_to_own_usual", "logarithm of the total to the median of the person's latest visits", 0.0, 0.7),
    Input("own_large_recently", "the person's visits of 14 days at over 3 times that median", 0.3, 0.8),
    Input("own_visits_week", "the person's other visits of 7 days", 0.8, 1.5),
    Input("own_institutions_month", "institutions the person visited in 30 days", 1.0, 1.2),
    Input("elsewhere_just_before", "closeness in time of a visit elsewhere; 0 = none in 12 hours", 0.0, 0.15),
    Input("own_open_stays", "the person's stays that have begun and not ended", 0.0, 0.1),
    Input("night", "1 between 22:00 and 06:00", 0.02, 0.15),
    Input("institution_day", "the institution's total today, in deviations of its usual days", 0.0, 1.2),
    Input("institution_hour", "logarithm of the institution's settlements this hour to the same hour before", 0.0, 0.6),
    Input("same_amount_today", "logarithm of the institution's settlements today of this very amount", 0.1, 0.4),
    Input("institution_now", "logarithm of the others at the institution within five minutes", 0.3, 0.5),
    Input("known_trace_codes", "trace codes of the settlement that were met before", 0.0, 0.1),
    Input("codes_to_packs", "distance of trace codes from packs of medicine, as a share", 0.05, 0.15),
    Input("price_to_limit", "the dearest line's price to its limit", 0.9, 0.08),
    Input("days_supplied", "logarithm of the longest supply in days", 2.5, 0.8),
    Input("most_of_one_item", "logarithm of the largest quantity of one line", 1.0, 0.8),
    Input("lines", "logarithm of the number of lines", 1.3, 0.5),
    Input("away", "1 if the person is insured in another city", 0.06, 0.25),
    Input("fund_share", "share of the total that the fund pays", 0.4, 0.3),
)  # fmt: skip

NAMES: Final = tuple(each.name for each in INPUTS)
(
    AMOUNT,
    TO_USUAL,
    LARGE,
    WEEK,
    MONTH,
    ELSEWHERE,
    STAYS,
    NIGHT,
    DAY,
    HOUR,
    SAME,
    NOW,
    CODES,
    PACKS,
    PRICE,
    SUPPLY,
    MOST,
    LINES,
    AWAY,
    FUND,
) = range(len(INPUTS))

SCHEMA: Final = blake2b(repr(INPUTS).encode(), digest_size=8).hexdigest()
"""Names the list: a model that was taught on another list is not used on this one."""

FEATURES: Final = (
    "person_stays",
    "institution_day",
    "institution_hour",
    "institution_day_amounts",
    "institution_recent",
    "person_visits",
)
"""The pack's features that are read."""
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
_TEN_THOUSANDTHS: Final = 10_000.0
_MEDICINE: Final = "101"
_TIME: Final = itemgetter(0)
"""Of a visit, ms."""
_MORNING, _EVENING = 6 * HOUR_MS, 22 * HOUR_MS


class Inputs:
    """Reads the inputs of one pack's events; inputs of features that the pack lacks stay unknown.

    Args:
        plan: The pack's features.
    """

    def __init__(self, plan: FeaturePlan) -> None:
        slots = {feature.spec.name: slot for slot, feature in enumerate(plan.settlement)}
        self._stays, self._day, self._hour, self._same, self._now, visits = (slots.get(name) for name in FEATURES)
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
        self._read_features(values, context)
        _read_lines(values, event, context)
        return values

    def _read_visits(self, values: Values, event: Event, total: int, entries: Sequence[Any]) -> None:
        """The person's own visits before this one, oldest first."""
        values[LARGE] = values[WEEK] = values[MONTH] = values[ELSEWHERE] = 0.0
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
        values[ELSEWHERE] = _closeness(entries, now, event.fixmedins_code, at)

    def _read_features(self, values: Values, context: Any) -> None:
        """What the pack's features say of the person's stays and of the institution."""
        seen = context.f
        slot = self._stays
        if slot is not None:
            values[STAYS] = float((seen[slot] or context.load(slot)).open)
        slot = self._day
        if slot is not None:
            values[DAY] = (seen[slot] or context.load(slot)).z
        slot = self._hour
        if slot is not None:
            ratio = (seen[slot] or context.load(slot)).ratio
            values[HOUR] = math.log(ratio) if ratio else None
        slot = self._same
        if slot is not None:
            values[SAME] = math.log((seen[slot] or context.load(slot)).same or 1)
        slot = self._now
        if slot is not None:
            values[NOW] = math.log1p((seen[slot] or context.load(slot)).count)


def _closeness(entries: Sequence[Any], now: int, here: str, at: int) -> float:
    """Of the visit elsewhere that is nearest in time, on a scale of ratios; 0 = none within `_SHORTLY`."""
    nearest = _SHORTLY
    for entry in reversed(entries):
        gap = now - entry[0]
        if gap >= _SHORTLY:
            break
        if -_SHORTLY < gap < nearest and entry[at] != here:
            nearest = abs(gap)
    return math.log(_SHORTLY / max(nearest, 60_000)) if nearest < _SHORTLY else 0.0


def _read_lines(values: Values, event: Event, context: Any) -> None:
    """What the lines say: packs and codes, prices, supplies, quantities."""
    lines = event.feedetail
    values[LINES] = math.log1p(len(lines))
    packs = codes = supply = most = 0
    price = 0.0
    for line in lines:
        quantity = line.cnt
        if quantity <= 0:
            continue
        most = max(most, quantity)
        if line.prd_days is not None:
            supply = max(supply, line.prd_days)
        if line.pric_uplmt_amt:
            price = max(price, line.pric / line.pric_uplmt_amt)
        if line.list_type == _MEDICINE:
            packs += quantity
            codes += len(line.drug_trac_info)
    values[MOST] = math.log1p(most / _TEN_THOUSANDTHS)
    if supply:
        values[SUPPLY] = math.log1p(supply / _TEN_THOUSANDTHS)
    if price:
        values[PRICE] = price
    if codes:
        values[PACKS] = abs(1.0 - codes * _TEN_THOUSANDTHS / packs) if packs else 1.0
        met = context.codes_met()
        values[CODES] = None if met is None else float(met)
