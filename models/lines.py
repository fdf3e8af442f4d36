"""Reads the inputs (`models.inputs`) that are about lines: prices, quantities, trace codes, supplies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from models.inputs import AGAIN, CODES, LEFT, LINES, MOST, PACKS, PRICE, SUPPLY
from streams.contract.time import DAY_MS
from streams.language.runtime import on_hand

if TYPE_CHECKING:
    from models.inputs import Values
    from streams.contract.events import Event

_TEN_THOUSANDTHS: Final = 10_000.0
_MONTH: Final = 30 * DAY_MS
_MEDICINE: Final = "101"
_SPLIT: Final = "1"
"""What `trdn_flag` says of a code from an opened box."""


def read_lines(values: Values, event: Event, context: Any) -> None:
    """What the lines say: prices, supplies, quantities."""
    lines = event.feedetail
    values[LINES] = math.log1p(len(lines))
    supply = most = 0
    dearest = 0.0
    coded = False
    for line in lines:
        if line.cnt <= 0:
            continue
        most = max(most, line.cnt)
        if line.prd_days is not None:
            supply = max(supply, line.prd_days)
        if line.pric_uplmt_amt:
            dearest = max(dearest, line.pric / line.pric_uplmt_amt)
        if line.drug_trac_info:
            coded = True
    values[MOST] = math.log1p(most / _TEN_THOUSANDTHS)
    if supply:
        values[SUPPLY] = math.log1p(supply / _TEN_THOUSANDTHS)
    if dearest:
        values[PRICE] = max(0.0, dearest - 1.0)
    if coded:
        _read_codes(values, event, context)


def _read_codes(values: Values, event: Event, context: Any) -> None:
    """What trace codes say: how many were met before, and whether each whole pack has one."""
    packs = 0
    codes: list[str] = []
    for line in event.feedetail:
        found = line.drug_trac_info
        if line.cnt <= 0 or line.list_type != _MEDICINE or not found:
            continue
        if any(code.trdn_flag == _SPLIT for code in found):
            # Tablets of opened boxes, which have no code each.
            continue
        packs += line.cnt
        codes += [code.drug_trac_codg for code in found]
    if packs:
        values[PACKS] = abs(1.0 - len(codes) * _TEN_THOUSANDTHS / packs)
    met = context.codes_met()
    values[CODES] = None if met is None else float(met + len(codes) - len(set(codes)))


def read_supplies(values: Values, event: Event, context: Any, slot: int, days: int) -> None:
    """What the person has left of the drugs of this settlement, and how often each came within a month.

    Args:
        values: Where to write.
        event: The settlement.
        context: Reads the pack's features.
        slot: The feature that logs the person's earlier supplies of a line's drug.
        days: Where its entries say for how many days they last.
    """
    left = times = None
    for line in event.feedetail:
        if line.prd_days is None or line.cnt <= 0:
            continue
        context.at_line(line)
        supplies = context.load_line(slot)
        earlier = supplies.entries
        if not earlier:
            left, times = left or 0, times or 0
            continue
        left = max(left or 0, on_hand(supplies, days, line.fee_ocur_time))
        since = line.fee_ocur_time - _MONTH
        times = max(times or 0, sum(entry[0] > since for entry in earlier))
    if left is not None and times is not None:
        values[LEFT], values[AGAIN] = math.log1p(left / DAY_MS), math.log1p(times)
