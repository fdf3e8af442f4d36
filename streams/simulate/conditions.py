"""What people of the simulated province suffer from, and what is done about it.

A diagnosis brings its own drugs, tests and operation, so that ordinary bills make medical sense: no drug without its
indication, nothing for the other sex, nothing for the wrong age.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Condition(NamedTuple):
    """One diagnosis.

    Attributes:
        icd: ICD-10 code of the national clinical edition.
        weight: how common it is among those who can have it.
        drugs: classes of `medicines`.
        tests: keys of `treatments`, cheap or common first.
        sex: 1 or 2 when only that sex has it.
        youngest: age in years.
        oldest: age in years.
        dept: department code.
        special: settled as a special disease (140201) when chronic.
        operation: key of `treatments`, when the stay has one.
        implant: key of the consumable that the operation leaves behind.
        med_type: kind of visit when it is not the usual one.
    """

    icd: str
    weight: float
    drugs: tuple[str, ...]
    tests: tuple[str, ...] = ()
    sex: str = ""
    youngest: int = 0
    oldest: int = 120
    dept: str = "A03"
    special: bool = False
    operation: str = ""
    implant: str = ""
    med_type: str = ""


def _row(icd: str, weight: float, drugs: str, tests: str = "", **more: Any) -> Condition:
    return Condition(icd, weight, tuple(drugs.split()), tuple(tests.split()), **more)


ACUTE: tuple[Condition, ...] = (
    _row("J06.900", 20, "A01AA A01BA R05CB N02BE J01CA R05DA", "blood crp", youngest=14),
    _row("J06.900x003", 16, "A02DA R05CB", "blood crp", oldest=12, dept="A07"),
    _row("J20.900", 9, "R05CB J01DC A06CA J01FA", "blood crp xray nebuliser", youngest=14),
    _row("J20.900x001", 8, "A02DA R05CB J01DC", "blood crp nebuliser", oldest=12, dept="A07"),
    _row("J30.400", 6, "R06AE R01AD", "blood", youngest=7, dept="A11"),
    _row("K29.500", 8, "A02BC A02BX A03FA A08GA", "stool blood gastroscopy", youngest=18),
    _row("K52.900", 6, "A07BC A07FA A08GA", "stool blood", youngest=3),
    _row("M54.500", 9, "M01AB M01AH M02AA C01AA", "physio xray ct", youngest=20, dept="A04"),
    _row("M17.900", 6, "M01AH M02AA C01AA", "physio xray", youngest=45, dept="A04"),
    _row("M47.800", 5, "M01AB C01AA A12AA", "physio xray mri", youngest=35, dept="A04"),
    _row("L30.900", 7, "D07AC R06AE", "blood", youngest=2, dept="A13"),
    _row("N39.000", 5, "J01MA A01BA", "urine blood ultrasound", youngest=18),
    _row("H10.900", 4, "S01AA", "fundus", dept="A10"),
    _row("H04.100", 4, "S01XA", "fundus", youngest=16, dept="A10"),
    _row("K04.000", 6, "J01CA N02BE", "tooth", youngest=14, dept="A12"),
    _row("K05.100", 4, "J01CA", "scaling", youngest=16, dept="A12"),
    _row("H61.200", 2, "", "lavage", youngest=10, dept="A11"),
    _row("N76.000", 9, "G01AF D02AA", "colposcopy ultrasound", sex="2", youngest=18, oldest=60, dept="A05"),
    _row("N92.000", 5, "D02AA", "ultrasound blood", sex="2", youngest=16, oldest=50, dept="A05"),
    _row("N40.x00x002", 9, "G04CA G04CB", "ultrasound urine", sex="1", youngest=55),
    _row("N41.100", 4, "J01MA G04CA", "urine", sex="1", youngest=22, oldest=60),
    _row("R42.x00", 5, "N07CA A09BA", "ecg ct", youngest=35),
    _row("G47.000", 5, "N05CF A11DA", "", youngest=25),
    _row("K59.000", 3, "A08GA", "stool", youngest=18),
    _row("R53.x00x002", 0.6, "A09CA", "blood", youngest=45, dept="A50"),
)
"""Short illnesses, seen by doctors and treated at the pharmacy."""

CHRONIC: tuple[Condition, ...] = (
    _row("I10.x00", 34, "C08CA C09CA C09AA C07AB", "ecg electrolytes kidney", youngest=35),
    _row("E11.900", 24, "A10BA A10BH A10BK A10BF A10BB", "glucose hba1c kidney fundus", youngest=35),
    _row("E11.900x042", 4, "A10AE A10BA A10BK", "glucose hba1c kidney", youngest=40),
    _row("E11.700", 0.5, "A10BJ A10BA", "glucose hba1c", youngest=35),
    _row("E78.500", 14, "C10AA C10AX", "lipids liver", youngest=35),
    _row("I25.103", 14, "B01AC C10AA C07AB C01DA", "ecg lipids echo", youngest=48),
    _row("I69.300", 8, "B01AC C10AA A09BA", "lipids liver", youngest=52),
    _row("I48.x00x001", 4, "B01AF C07AB", "ecg coagulation", youngest=55),
    _row("J44.900", 6, "R03AK R03BB", "spirometry blood", youngest=50),
    _row("M81.000", 4, "M05BA", "density", youngest=55),
    _row("E03.900", 4, "H03AA", "thyroid", youngest=25),
    _row("F32.900", 3, "N06AB", "", youngest=18),
    _row("G20.x00", 2, "N04BA", "", youngest=55),
    _row("B18.100", 4, "J05AF", "hepatitis liver ultrasound", youngest=25, special=True),
    _row("M06.900", 2, "L04AX", "crp liver", youngest=30, special=True),
    _row("C50.900", 1.5, "L02BG", "markers liver", sex="2", youngest=40, special=True),
    _row("C34.900", 0.7, "L01EB", "markers liver ct", youngest=48, special=True),
)
"""Long illnesses with regular refills."""

INPATIENT: tuple[Condition, ...] = (
    _row("J18.900", 14, "J01DD R05CB B05BB", "blood crp ct culture"),
    _row("J44.100", 9, "J01DD R05CB B05BB", "blood crp spirometry ct", youngest=50),
    _row("I20.000", 10, "B01AB B01AC C10AA B05BB", "ecg troponin echo lipids coagulation", youngest=45),
    _row("I50.900", 7, "C03CA C07AB B05BB", "ecg echo electrolytes kidney", youngest=55),
    _row("I63.900", 11, "B01AC N06BX A04CA B05BB", "ct mri coagulation lipids", youngest=48),
    _row("E11.400", 7, "A10AE A10BA B05BB", "glucose hba1c kidney lipids", youngest=40),
    _row(
        "K80.100",
        5,
        "J01DD N01AX B05BB",
        "ultrasound liver blood",
        youngest=25,
        operation="cholecystectomy",
        implant="clips",
    ),
    _row("K35.800", 4, "J01DD N01AX B05BB", "ct blood crp", youngest=8, operation="appendectomy", implant="suture"),
    _row("K40.900", 3, "N01AX B05BB", "ultrasound blood coagulation", youngest=20, operation="hernia", implant="mesh"),
    _row("I25.102", 3, "B01AB B01AC C10AA", "ecg troponin echo", youngest=48, operation="angioplasty", implant="stent"),
    _row("N20.100", 4, "J01DD B05BB", "ct urine kidney", youngest=22, operation="lithotripsy", implant="cannula"),
    _row("M51.202", 5, "M01AH N06BX", "mri xray physio", youngest=28, dept="A04"),
    _row(
        "M51.100",
        3,
        "N01AX J01DD",
        "mri blood coagulation",
        youngest=30,
        dept="A04",
        operation="discectomy",
        implant="clips",
    ),
    _row("C34.100", 3, "L01CD B05BB", "ct markers liver blood", youngest=45, dept="A19"),
    _row(
        "N40.x00",
        4,
        "N01AX J01DD",
        "ultrasound urine kidney",
        sex="1",
        youngest=58,
        operation="prostatectomy",
        implant="cannula",
    ),
    _row(
        "D25.900",
        4,
        "N01AX J01DD",
        "ultrasound blood",
        sex="2",
        youngest=28,
        oldest=52,
        dept="A05",
        operation="myomectomy",
        implant="suture",
    ),
    _row(
        "O80.000",
        4,
        "B05BB",
        "ultrasound blood fetal",
        sex="2",
        youngest=22,
        oldest=40,
        dept="A05",
        operation="delivery",
        implant="suture",
        med_type="52",
    ),
    _row(
        "O82.000",
        3,
        "J01DD N01AX",
        "ultrasound blood fetal",
        sex="2",
        youngest=22,
        oldest=40,
        dept="A05",
        operation="caesarean",
        implant="suture",
        med_type="52",
    ),
    _row("K63.500", 4, "A02BC B05BB", "stool blood ultrasound", youngest=40),
    _row("J12.900", 10, "J01DD B05BB", "blood crp xray", oldest=12, dept="A07"),
)
"""What beds are for. No injuries: whether a third party pays is another question."""

DAY_SURGERY: tuple[Condition, ...] = (
    _row("H25.900", 6, "S01AA", "fundus ecg glucose", youngest=55, dept="A10", operation="cataract", implant="lens"),
    _row(
        "K64.900", 3, "A01BA", "blood coagulation", youngest=22, dept="A04", operation="haemorrhoids", implant="suture"
    ),
)
"""In and out on one day (28)."""

PREGNANCY = _row("Z34.900", 1, "", "fetal ultrasound blood urine", sex="2", youngest=22, oldest=40, dept="A05")
"""Care before birth (51)."""

HERBAL = _row("R53.x00x001", 1, "", "acupuncture tuina", youngest=20, dept="A50")
"""Chinese medicine (16): herbal pieces and needles."""
