"""The drugs and services that can stand on a bill, ready to be drawn."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.simulate.medicines import CLASSES, DrugClass
from streams.simulate.randomness import scatter, stream
from streams.simulate.treatments import CONSUMABLES, SERVICES, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

_MAKERS = 5  # drugs of a class
_HERBS = 48
_SELF_PAID = (0, 0, 0, 10, 10, 20)  # per cent a person pays first: list A nothing, list B a share


@dataclass(frozen=True, slots=True)
class Drug:
    """One drug of one maker in one pack.

    Attributes:
        index: position in the catalogue.
        code: 23 characters.
        prefix: first seven digits of its trace codes.
        charge: charge type, 09 western, 11 patent.
        ceiling: highest price of a pack, fen.
        units: tablets in a pack, 1 when it cannot be split.
        days: days of supply of a pack.
        own: per cent that the person pays first.
        level: lowest level of institution, 0 to 3.
        watched: easily resold.
    """

    index: int
    code: str
    prefix: str
    charge: str
    ceiling: int
    units: int
    days: int
    own: int
    level: int
    watched: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A service or consumable.

    Attributes:
        index: position in the catalogue, distinct from every drug's.
        code: national code.
        list_type: 201 service, 301 consumable.
        charge: charge type.
        price: fen at a tertiary hospital.
        sex: 1 or 2 when restricted, else empty.
    """

    index: int
    code: str
    list_type: str
    charge: str
    price: int
    sex: str


@dataclass(frozen=True, slots=True)
class Herb:
    """Herbal pieces: code and price of a gram in fen."""

    code: str
    price: int


class Shelf:
    """Drugs of one class in the order of their price."""

    __slots__ = ("_prices", "drugs")

    def __init__(self, drugs: Iterable[Drug]) -> None:
        self.drugs = sorted(drugs, key=lambda drug: drug.ceiling)
        self._prices = [drug.ceiling for drug in self.drugs]

    def near(self, price: int) -> int:
        """Position of the drug whose ceiling is nearest above `price` fen."""
        return min(bisect_left(self._prices, price), len(self.drugs) - 1)


class Catalogue:
    """All drugs, herbs, services and consumables of one seed."""

    def __init__(self, seed: int) -> None:
        rng = stream(seed, "catalogue")
        self.drugs: list[Drug] = []
        self.shelves: dict[str, Shelf] = {}
        for kind in CLASSES:
            made = [self._drug(kind, rng, maker) for maker in range(_MAKERS)]
            self.shelves[kind.code] = Shelf(made)
        self.herbs = [Herb(f"T{scatter(n, 9):09d}", 3 + int(rng.lognormvariate(2.2, 0.8))) for n in range(_HERBS)]
        self.items = {
            row.key: self._item(position, row, list_type)
            for list_type, rows in (("201", SERVICES), ("301", CONSUMABLES))
            for position, row in enumerate(rows, 1_000_000 + 1_000 * int(list_type))
        }

    def _drug(self, kind: DrugClass, rng: Random, maker: int) -> Drug:
        index = len(self.drugs)
        spread = (maker + rng.random()) / _MAKERS
        ceiling = round(100 * math.exp(math.log(kind.low) + spread * (math.log(kind.high) - math.log(kind.low))))
        code = (
            f"{kind.letter}{kind.code}{'AB'[maker % 2]}{scatter(index, 3):03d}"
            f"A{1 + maker % 3:03d}01{1 + maker // 3:02d}{scatter(index, 5):05d}"
        )
        drug = Drug(
            index=index,
            code=code,
            prefix=f"8{scatter(index, 6):06d}",
            charge="09" if kind.letter == "X" else "11",
            ceiling=ceiling,
            units=kind.units,
            days=kind.days,
            own=_SELF_PAID[int(rng.random() * len(_SELF_PAID))],
            level=kind.level,
            watched=kind.watched,
        )
        self.drugs.append(drug)
        return drug

    @staticmethod
    def _item(index: int, row: Treatment, list_type: str) -> Item:
        return Item(index, row.code, list_type, row.charge, round(row.price * 100), row.sex)
