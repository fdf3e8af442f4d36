"""What each institution has settled, as far as its innocence depends on it: equal amounts, and more than is usual.

What is usual for an institution can be measured in many ways. An amount is refused when it would be conspicuous in any
of those below, with room to spare.
"""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING

from streams.simulate import beijing

if TYPE_CHECKING:
    from collections.abc import Mapping

_OFTEN = 7
_SHARE = 0.15  # half of the 30 % at which equal amounts become conspicuous

_NIGHTS = 5  # settlements by night on a day that are few in any case
_NIGHT_SHARE = 0.2  # of the day; from 30 % on a pharmacy would be conspicuous

_ALPHAS = (0.05, 0.1, 0.2, 0.3)  # weights of the newest day in a moving mean
_KNOWN = 12  # days from which on an institution has a usual day; two weeks are needed to be conspicuous
_DEVIATIONS = 3.0  # above the mean; four are conspicuous
_MEASURES = 2 * len(_ALPHAS)  # over all days, and over those with any settlement

DECEMBER = 12
KNOWN_DAYS = 26
"""Days from which on a person or an institution has a usual week; four weeks are needed to be conspicuous."""

MOST_WEEKS = 2.7
"""Usual weeks that may be spent in a week of December; more than three are conspicuous."""


class Ledger:
    """Amounts settled by one institution.

    Args:
        booked: what stories settle there, fen by day; it is part of what may be settled.
    """

    __slots__ = (
        "_amounts",
        "_booked",
        "_count",
        "_day",
        "_days",
        "_means",
        "_nights",
        "_room",
        "_spent",
        "_today",
        "_variances",
        "_week",
    )

    def __init__(self, booked: Mapping[int, int] | None = None) -> None:
        self._booked = booked or {}
        self._day = -1
        self._amounts: dict[int, int] = {}
        self._count = 0
        self._nights = 0
        self._today = 0
        self._days = 0
        self._spent = 0
        self._week: tuple[int, ...] = ()
        self._means = [0.0] * _MEASURES
        self._variances = [0.0] * _MEASURES
        self._room = inf

    def accepts(self, day: int, amount: int, *, night: bool = False) -> bool:
        """Book an amount (fen), unless it would be one of many equal ones."""
        self._turn(day)
        times = self._amounts.get(amount, 0) + 1
        if times >= _OFTEN and times > _SHARE * self._count:
            return False
        self._amounts[amount] = times
        self._count += 1
        self._nights += night
        self._today += amount
        return True

    def room(self, day: int, *, night: bool = False) -> float:
        """How much more (fen) may be settled on a day, or in its night at a pharmacy, without being conspicuous."""
        self._turn(day)
        if night and self._nights >= max(_NIGHTS, _NIGHT_SHARE * self._count):
            return 0
        return self._room - self._today

    def _turn(self, day: int) -> None:
        """Close the days before `day`, and see what may be settled on it."""
        if day == self._day:
            return
        if self._day >= 0:
            self._close(self._today)
            for missed in range(self._day + 1, day):
                self._close(self._booked.get(missed, 0))
        self._day = day
        self._amounts = {}
        self._count = 0
        self._nights = 0
        self._today = self._booked.get(day, 0)
        self._room = self._most(day)

    def _close(self, total: int) -> None:
        for number in range(_MEASURES if total else len(_ALPHAS)):
            alpha = _ALPHAS[number % len(_ALPHAS)] if self._means[number] or self._variances[number] else 1.0
            gap = total - self._means[number]
            self._means[number] += alpha * gap
            self._variances[number] = (1 - alpha) * (self._variances[number] + alpha * gap * gap)
        self._days += 1
        self._spent += total
        self._week = (*self._week[-5:], total)

    def _most(self, day: int) -> float:
        if self._days < _KNOWN:
            return inf
        most = min(
            mean + _DEVIATIONS * sqrt(variance) for mean, variance in zip(self._means, self._variances, strict=True)
        )
        if self._days >= KNOWN_DAYS and beijing.month_of(day) == DECEMBER:
            most = min(most, MOST_WEEKS * 7 * self._spent / self._days - sum(self._week))
        return most
