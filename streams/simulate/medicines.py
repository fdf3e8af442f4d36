"""The drugs of the simulated province: therapeutic classes with their price ranges and packs.

The classes are those of the anatomical-therapeutic-chemical system (western drugs) and of the national list of patent
medicines; names, makers and prices are invented. Each class becomes a few drugs of several makers (`catalogue`).
"""

from __future__ import annotations

from typing import NamedTuple


class DrugClass(NamedTuple):
    """One therapeutic class.

    Attributes:
        code: five characters, as they stand in the middle of a drug's national code.
        letter: ``X`` western, ``Z`` Chinese patent medicine.
        low: cheapest ceiling price of a pack, yuan.
        high: dearest ceiling price of a pack, yuan.
        units: tablets (or doses) in a pack; 1 = a pack that cannot be split.
        days: days of supply in a pack.
        level: lowest institution level that may bill it: 0 any, 2 secondary, 3 tertiary.
        watched: easily resold, so bought rarely and never in bulk by honest people.
    """

    code: str
    letter: str
    low: int
    high: int
    units: int
    days: int
    level: int = 0
    watched: bool = False


CLASSES: tuple[DrugClass, ...] = (
    # stomach and bowels
    DrugClass("A02BC", "X", 12, 95, 14, 7),
    DrugClass("A02BX", "X", 12, 58, 24, 6),
    DrugClass("A03FA", "X", 8, 42, 21, 7),
    DrugClass("A07BC", "X", 9, 30, 10, 3),
    DrugClass("A07FA", "X", 14, 46, 24, 6),
    # diabetes
    DrugClass("A10AE", "X", 58, 140, 1, 20),
    DrugClass("A10BA", "X", 8, 46, 60, 30),
    DrugClass("A10BB", "X", 14, 70, 30, 30),
    DrugClass("A10BF", "X", 28, 72, 30, 10),
    DrugClass("A10BH", "X", 58, 150, 28, 28),
    DrugClass("A10BJ", "X", 330, 480, 1, 28, watched=True),
    DrugClass("A10BK", "X", 48, 120, 28, 28),
    # blood, heart and vessels
    DrugClass("B01AC", "X", 12, 110, 28, 28),
    DrugClass("B01AF", "X", 80, 260, 14, 14),
    DrugClass("C01DA", "X", 10, 50, 30, 15),
    DrugClass("C03CA", "X", 5, 20, 28, 14),
    DrugClass("C07AB", "X", 10, 46, 28, 14),
    DrugClass("C08CA", "X", 9, 52, 28, 28),
    DrugClass("C09AA", "X", 12, 60, 28, 14),
    DrugClass("C09CA", "X", 18, 74, 28, 28),
    DrugClass("C10AA", "X", 16, 82, 28, 28),
    DrugClass("C10AX", "X", 56, 132, 30, 30),
    # skin, women, men, thyroid
    DrugClass("D07AC", "X", 8, 36, 1, 7),
    DrugClass("G01AF", "X", 15, 62, 6, 6),
    DrugClass("G04CA", "X", 24, 72, 10, 10),
    DrugClass("G04CB", "X", 38, 92, 28, 28),
    DrugClass("H03AA", "X", 14, 42, 60, 30),
    # infections
    DrugClass("J01CA", "X", 6, 36, 24, 6),
    DrugClass("J01DC", "X", 12, 66, 12, 6),
    DrugClass("J01FA", "X", 10, 52, 6, 3),
    DrugClass("J01MA", "X", 10, 60, 10, 5),
    DrugClass("J05AF", "X", 28, 150, 28, 28),
    # cancer and immunity
    DrugClass("L01EB", "X", 1400, 4900, 30, 30, level=2),
    DrugClass("L02BG", "X", 90, 420, 28, 28, level=2),
    DrugClass("L04AX", "X", 16, 64, 28, 28),
    # muscles and bones
    DrugClass("M01AB", "X", 10, 46, 20, 10),
    DrugClass("M01AH", "X", 14, 66, 14, 7),
    DrugClass("M02AA", "X", 14, 56, 1, 5),
    DrugClass("M05BA", "X", 60, 165, 4, 28),
    # nerves and mind
    DrugClass("N02BE", "X", 6, 26, 12, 3),
    DrugClass("N04BA", "X", 30, 115, 60, 30),
    DrugClass("N05CF", "X", 14, 52, 7, 7),
    DrugClass("N06AB", "X", 28, 125, 28, 28),
    DrugClass("N07CA", "X", 14, 54, 30, 10),
    # breathing, eyes
    DrugClass("R01AD", "X", 34, 92, 1, 15),
    DrugClass("R03AK", "X", 88, 265, 1, 30),
    DrugClass("R03BB", "X", 128, 285, 1, 30),
    DrugClass("R05CB", "X", 10, 46, 20, 5),
    DrugClass("R05DA", "X", 8, 32, 12, 4),
    DrugClass("R06AE", "X", 9, 42, 14, 7),
    DrugClass("S01AA", "X", 8, 40, 1, 7),
    DrugClass("S01XA", "X", 18, 72, 1, 10),
    # given on wards
    DrugClass("B01AB", "X", 24, 90, 1, 1),
    DrugClass("B05BB", "X", 2, 16, 1, 1),
    DrugClass("J01DD", "X", 8, 68, 1, 1),
    DrugClass("J01DH", "X", 60, 190, 1, 1, level=2),
    DrugClass("L01CD", "X", 180, 900, 1, 1, level=2),
    DrugClass("N01AX", "X", 28, 125, 1, 1),
    DrugClass("N06BX", "X", 18, 110, 1, 1),
    # patent medicines
    DrugClass("A01AA", "Z", 8, 42, 10, 3),
    DrugClass("A01BA", "Z", 10, 58, 24, 4),
    DrugClass("A02DA", "Z", 12, 48, 10, 4),
    DrugClass("A04CA", "Z", 360, 860, 1, 1, watched=True),
    DrugClass("A06CA", "Z", 12, 52, 1, 5),
    DrugClass("A08GA", "Z", 10, 44, 10, 5),
    DrugClass("A09BA", "Z", 16, 84, 40, 10),
    DrugClass("A09CA", "Z", 180, 900, 1, 10, watched=True),
    DrugClass("A11DA", "Z", 18, 64, 36, 9),
    DrugClass("A12AA", "Z", 14, 72, 36, 9),
    DrugClass("D02AA", "Z", 14, 66, 24, 6),
    DrugClass("C01AA", "Z", 12, 64, 1, 6),
    # restricted to some patients, schemes or courses: nobody is ordinarily given them
    DrugClass("H01AC", "X", 180, 460, 1, 5),
    DrugClass("D03AX", "X", 22, 88, 1, 5),
    DrugClass("G02AD", "X", 60, 220, 1, 1),
    DrugClass("C04AX", "X", 24, 96, 1, 1),
    DrugClass("A09DA", "Z", 64, 138, 42, 7, watched=True),
)
"""Every class; the order is part of what a seed means."""
