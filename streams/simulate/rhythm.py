"""When things happen: the shape of a day and of a week for each kind of visit."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from streams.simulate import beijing
from streams.simulate.randomness import Weighted

SLICE = 15 * beijing.MINUTE
"""The simulation goes forward in steps of this many seconds."""

_SLICES_AN_HOUR = beijing.HOUR // SLICE
_SLICES_A_DAY = beijing.DAY // SLICE

_SHOP = (0.3, 0.2, 0.1, 0.1, 0.1, 0.2, 0.6, 2, 4.5, 6.5, 7, 6, 4, 3.5, 4.5, 5.5, 6, 6.5, 7.5, 9, 8.5, 6, 3, 1)
_CLINIC = (0, 0, 0, 0, 0, 0, 0.2, 3, 11, 14, 12.5, 7, 2, 3, 8, 9, 7.5, 3.5, 1.2, 0.8, 0.5, 0.2, 0, 0)
_URGENT = (2, 1.5, 1.2, 1, 1, 1, 2, 3, 4, 5, 5, 4.5, 4, 4, 4, 4.5, 5, 5, 6, 7, 7, 6, 4.5, 3)
_ADMIT = (0, 0, 0, 0, 0, 0, 0, 1, 8, 14, 15, 9, 3, 4, 9, 9, 6, 2, 0, 0, 0, 0, 0, 0)
_LEAVE = (0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 14, 15, 10, 9, 13, 12, 8, 2, 0, 0, 0, 0, 0, 0)
_EARLY = (0, 0, 0, 0, 0, 0, 0.5, 6, 14, 14, 10, 4, 1, 4, 8, 7, 3, 0, 0, 0, 0, 0, 0, 0)

_SHOP_WEEK = (1.09, 1.0, 0.98, 0.98, 1.0, 1.0, 0.95)
_CLINIC_WEEK = (1.17, 1.06, 1.02, 1.0, 1.0, 0.93, 0.82)
_FLAT_WEEK = (1.0, 0.97, 0.97, 0.98, 1.0, 1.05, 1.03)


class _Kind(NamedTuple):
    share: float
    hours: tuple[float, ...]
    week: tuple[float, ...]


FOLLOWING = "following"
"""Stands for what follows from earlier visits: discharges and the settlements after them."""

_KINDS: dict[str, _Kind] = {
    "pharmacy": _Kind(0.470, _SHOP, _SHOP_WEEK),
    "outpatient": _Kind(0.312, _CLINIC, _CLINIC_WEEK),
    "online": _Kind(0.010, _SHOP, _SHOP_WEEK),
    "registration": _Kind(0.032, _EARLY, _CLINIC_WEEK),
    "admission": _Kind(0.051, _ADMIT, _CLINIC_WEEK),
    "chronic": _Kind(0.052, _CLINIC, _CLINIC_WEEK),
    "emergency": _Kind(0.026, _URGENT, _FLAT_WEEK),
    "herbal": _Kind(0.013, _CLINIC, _CLINIC_WEEK),
    "maternity": _Kind(0.006, _EARLY, _CLINIC_WEEK),
    "day_surgery": _Kind(0.003, _LEAVE, _CLINIC_WEEK),
    FOLLOWING: _Kind(0.134, _LEAVE, _FLAT_WEEK),
}
"""Shares of the settlements (of the events, for admissions and what follows)."""

NIGHT_KINDS = Weighted([(0.9, "pharmacy"), (0.1, "emergency")])
"""Kinds with one event each, for the last minutes before midnight."""


def admission_factor(day: int) -> float:
    """How busy admissions are on a day, 1 = average."""
    return _CLINIC_WEEK[beijing.weekday_of(day)]


class Rhythm:
    """Spreads events over the slices of some days.

    Args:
        first_day: day number of the first day.
        days: how many.
    """

    def __init__(self, first_day: int, days: int) -> None:
        self.begin = first_day * beijing.DAY
        self.end = (first_day + days) * beijing.DAY
        self.slices = days * _SLICES_A_DAY
        self._mixes = [[self._mix(weekday, hour) for hour in range(24)] for weekday in range(7)]
        self._busy = [[self._weight(weekday, hour) for hour in range(24)] for weekday in range(7)]
        weights = (
            self._busy[beijing.weekday_of(day)][hour]
            for day in range(first_day, first_day + days)
            for hour in range(24)
        )
        self._until = list(accumulate(weight for weight in weights for _ in range(_SLICES_AN_HOUR)))

    def share_until(self, number: int) -> float:
        """Share of all events that should have come by the end of a slice; exactly 1 at the last."""
        return self._until[number] / self._until[-1]

    def kinds(self, number: int) -> Weighted[str]:
        """Kinds of visits that begin in a slice."""
        day, of_day = divmod(number, _SLICES_A_DAY)
        return self._mixes[beijing.weekday_of(self.begin // beijing.DAY + day)][of_day // _SLICES_AN_HOUR]

    @staticmethod
    def _rate(kind: _Kind, weekday: int, hour: int) -> float:
        return kind.share * kind.week[weekday] * kind.hours[hour] / sum(kind.hours)

    def _mix(self, weekday: int, hour: int) -> Weighted[str]:
        return Weighted((self._rate(kind, weekday, hour), name) for name, kind in _KINDS.items() if name != FOLLOWING)

    def _weight(self, weekday: int, hour: int) -> float:
        return sum(self._rate(kind, weekday, hour) for kind in _KINDS.values())
