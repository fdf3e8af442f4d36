"""Who can have what: conditions by sex and age, drawn by how common they are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from streams.simulate.conditions import ACUTE, CHRONIC, DAY_SURGERY, INPATIENT, Condition
from streams.simulate.randomness import Weighted

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.population import Person

_SECOND = 0.55  # of the chronically ill have a second illness
_THIRD = 0.25

Table = dict[tuple[str, int], Weighted[Condition]]


def _possible(row: Condition, sex: str, age: int) -> bool:
    return row.sex in {"", sex} and row.youngest <= age <= row.oldest


@cache
def _table(rows: tuple[Condition, ...]) -> Table:
    """By sex and age, what one can have; made once, as it never changes."""
    return {
        (sex, age): Weighted((row.weight, row) for row in rows if _possible(row, sex, age))
        for sex in ("1", "2", "9", "0")
        for age in range(110)
    }


class Ailments:
    """Draws conditions that fit a person."""

    def __init__(self) -> None:
        self._acute = _table(ACUTE)
        self._shop = _table(tuple(row for row in ACUTE if row.drugs))
        self._chronic = _table(CHRONIC)
        self._inpatient = _table(INPATIENT)
        self._day = _table(DAY_SURGERY)

    def acute(self, person: Person, rng: Random) -> Condition:
        """What he sees a doctor for today."""
        return self._acute[person.gend, person.age].at(rng.random())

    def shop(self, person: Person, rng: Random) -> Condition:
        """What he buys a drug for today."""
        return self._shop[person.gend, person.age].at(rng.random())

    def chronic(self, person: Person, rng: Random) -> tuple[Condition, ...]:
        """One to three different long illnesses."""
        table = self._chronic[person.gend, person.age]
        wanted = 1 + (rng.random() < _SECOND) + (rng.random() < _THIRD)
        found = [table.at(rng.random()) for _ in range(wanted)]
        return tuple(dict.fromkeys(found))

    def inpatient(self, person: Person, rng: Random) -> Condition | None:
        """What he is admitted for, None when nothing fits."""
        table = self._inpatient[person.gend, person.age]
        return table.at(rng.random()) if len(table) else None

    def day_surgery(self, person: Person, rng: Random) -> Condition | None:
        """What he is operated on for within a day, None when nothing fits."""
        table = self._day[person.gend, person.age]
        return table.at(rng.random()) if len(table) else None
