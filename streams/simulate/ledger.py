"""What each institution has done today, as far as its innocence depends on it."""

from __future__ import annotations

_OFTEN = 7
_SHARE = 0.15  # half of the 30 % at which equal amounts become conspicuous


class Ledger:
    """Amounts settled by one institution on one day."""

    __slots__ = ("_amounts", "_count", "_day")

    def __init__(self) -> None:
        self._day = -1
        self._amounts: dict[int, int] = {}
        self._count = 0

    def accepts(self, day: int, amount: int) -> bool:
        """Book an amount (fen), unless it would be one of many equal ones."""
        if day != self._day:
            self._day = day
            self._amounts = {}
            self._count = 0
        times = self._amounts.get(amount, 0) + 1
        if times >= _OFTEN and times > _SHARE * self._count:
            return False
        self._amounts[amount] = times
        self._count += 1
        return True
