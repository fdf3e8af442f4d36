"""The places of the simulated province: areas, designated institutions and their prescribers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.catalogue import Catalogue
from streams.simulate.randomness import Weighted, chance, scatter, stream

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.config import SimulationConfig
    from streams.simulate.records import Json

PROVINCE = "510000"

AREAS: tuple[tuple[str, float], ...] = (
    ("510104", 11), ("510105", 9), ("510106", 9), ("510107", 10), ("510108", 8), ("510112", 6),
    ("510302", 5), ("510402", 4), ("510502", 6), ("510603", 6), ("510703", 8),
    ("510802", 3), ("510903", 4), ("511002", 5), ("511302", 7), ("511502", 6),
)  # fmt: skip
"""Area code and weight: the capital's districts (5101) first, then other cities."""

NEIGHBOURS = ("500112", "520102", "530102", "610102", "620102")
"""Areas of other provinces, whose insured persons live or travel here."""

PHARMACY, CLINIC, HOSPITAL = 0, 1, 2
"""Kinds of institutions: positions in a person's usual places."""

KINDS = (PHARMACY, CLINIC, HOSPITAL)

_CAPITAL = "5101"
_SHARES = {PHARMACY: 0.64, CLINIC: 0.27, HOSPITAL: 0.09}
_LOAD = {PHARMACY: 0.47, CLINIC: 0.19, HOSPITAL: 0.36}  # share of the settlements
_STAYS = 0.055  # admissions for each settlement, with a margin
_NIGHTS = 9.0  # mean length of a stay, with a margin
_LEVELS = {
    3: ("01", "02", "02", "02", "03", "12"),
    2: ("05", "05", "06", "06", "07", "13"),
    1: ("08", "09", "10", "14"),
}
_BEDS = {3: (900, 2_400), 2: (220, 640), 1: (40, 110)}
_TARIFF = {3: 1_000, 2: 880, 1: 760, 0: 900}  # per mille of the tertiary price
_VISITS_A_DOCTOR = 18  # settlements a day; far below the 150 at which one looks


@dataclass(frozen=True, slots=True)
class Place:
    """One designated institution.

    Attributes:
        index: position in the province.
        code: H or P, area, five digits.
        area: 6-digit treatment area.
        kind: PHARMACY, CLINIC or HOSPITAL.
        tier: 0 pharmacy, 1 primary, 2 secondary, 3 tertiary.
        level: the national level code, 01 to 14.
        beds: registered beds, None where there are none.
        markups: per mille of the ceiling at which it sells a drug, by the drug's index modulo their number.
        tariff: per mille of the tertiary price of services.
        fees: what a registration costs here, fen.
        doctors: codes of its prescribers.
        since: first day of its designation.
        daily: how many settlements it expects a day.
    """

    index: int
    code: str
    area: str
    kind: int
    tier: int
    level: str
    beds: int | None
    markups: tuple[int, ...]
    tariff: int
    fees: tuple[int, ...]
    doctors: tuple[str, ...]
    since: str
    daily: float

    @property
    def city(self) -> str:
        """4-digit city."""
        return self.area[:4]

    def record(self, status: str = "active") -> Json:
        """Its registry record."""
        return {
            "fixmedins_code": self.code,
            "fix_blng_admdvs": self.area,
            "medins_lv": self.level,
            "beds": self.beds,
            "status": status,
            "designated_from": self.since,
            "effective_from": None,
            "effective_to": None,
        }


class Registry:
    """Hands out codes that nobody else has."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def _next(self, kind: str, area: str) -> int:
        number = self._numbers.get(kind + area, 0)
        self._numbers[kind + area] = number + 1
        return number

    def institution(self, letter: str, area: str) -> str:
        """H or P, area, five digits."""
        return f"{letter}{area}{scatter(self._next(letter, area), 5, int(area)):05d}"

    def prescriber(self, area: str) -> str:
        """D, area, six digits."""
        return f"D{area}{scatter(self._next('D', area), 6, int(area)):06d}"


class Province:
    """Areas, institutions, prescribers and the catalogue of one configuration."""

    def __init__(self, config: SimulationConfig) -> None:
        self.catalogue = Catalogue(config.seed)
        self.registry = Registry()
        self.first_day = beijing.day_of(config.start)
        self._rng = stream(config.seed, "province")
        self._daily = config.events_a_day
        areas = AREAS[: max(1, min(len(AREAS), config.places // 6))]
        self.areas = Weighted((weight, area) for area, weight in areas)
        self.area_codes = [area for area, _ in areas]
        self.places: list[Place] = []
        self._open: dict[tuple[int, str], Weighted[Place]] = {}
        total = sum(weight for _, weight in areas)
        for kind in KINDS:
            for area, weight in areas:
                self._settle(kind, area, round(config.places * _SHARES[kind] * weight / total), weight / total)
        capital = [place for place in self.places if place.kind == HOSPITAL and place.area.startswith(_CAPITAL)]
        self.capital_hospitals = Weighted((1.0, place) for place in capital)

    def has(self, kind: int, area: str) -> bool:
        """Whether there are ordinary institutions of a kind in an area."""
        return (kind, area) in self._open

    def choices(self, kind: int, area: str) -> Weighted[Place]:
        """Institutions of a kind in an area, weighted by how many people go there."""
        return self._open[kind, area]

    def _settle(self, kind: int, area: str, count: int, share: float) -> None:
        count = max(1, count)
        weights = [(rank + 1.0) ** -0.7 for rank in range(count)]
        scale = share * self._daily * _LOAD[kind] / sum(weights)
        made = []
        for rank, weight in enumerate(weights):
            tier = 0 if kind == PHARMACY else 1
            if kind == HOSPITAL:
                big = area.startswith(_CAPITAL) or rank == 0
                tier = 3 if big and rank < max(1, count // 3) else 2 if rank < max(2, count * 3 // 4) else 1
            made.append((weight, self.open(kind, area, tier, weight * scale)))
        self._open[kind, area] = Weighted(made)

    def open(
        self,
        kind: int,
        area: str,
        tier: int,
        daily: float,
        rng: Random | None = None,
        *,
        beds: int | None = None,
        since: int | None = None,
    ) -> Place:
        """Open one more institution.

        Args:
            kind: PHARMACY, CLINIC or HOSPITAL.
            area: where.
            tier: 0 pharmacy to 3 tertiary hospital.
            daily: settlements that it expects a day.
            rng: the stream that draws its properties; by default the province's own.
            beds: how many; by default as many as its size needs.
            since: first day of its designation; by default long ago.
        """
        rng = rng or self._rng
        age = 400 + int(rng.random() * 5_000)
        place = Place(
            index=len(self.places),
            code=self.registry.institution("P" if kind == PHARMACY else "H", area),
            area=area,
            kind=kind,
            tier=tier,
            level="11" if tier == 0 else rng.choice(_LEVELS[tier]),
            beds=beds or self._beds(kind, tier, daily, rng),
            markups=tuple(rng.randint(760, 985) for _ in range(16)),
            tariff=_TARIFF[tier],
            fees=tuple(100 * fee for fee in sorted(rng.sample(range(4, 10 + 20 * tier), 2 + tier))),
            doctors=self._doctors(kind, area, daily, rng),
            since=beijing.day_text(self.first_day - age if since is None else since),
            daily=daily,
        )
        self.places.append(place)
        return place

    @staticmethod
    def _beds(kind: int, tier: int, daily: float, rng: Random) -> int | None:
        if kind != HOSPITAL:
            return None
        low, high = _BEDS[tier]
        needed = math.ceil(daily / _LOAD[HOSPITAL] * _STAYS * _NIGHTS * 1.6)
        return max(rng.randint(low, high), needed)

    def _doctors(self, kind: int, area: str, daily: float, rng: Random) -> tuple[str, ...]:
        if kind == PHARMACY and chance(rng, 0.92):  # few pharmacies have a doctor of their own
            return ()
        count = 1 if kind == PHARMACY else 3 + math.ceil(daily / _VISITS_A_DOCTOR)
        return tuple(self.registry.prescriber(area) for _ in range(count))
