"""Services and consumables of the simulated province: codes in the national form, prices invented."""

from __future__ import annotations

from typing import NamedTuple


class Treatment(NamedTuple):
    """One service (15 digits) or consumable (``C`` and 20 digits).

    Attributes:
        key: the name by which `conditions` and the visit makers ask for it.
        code: its national code.
        price: yuan at a tertiary hospital.
        charge: charge type, 01 bed to 14 other.
        sex: 1 or 2 when only that sex can receive it, else empty.
    """

    key: str
    code: str
    price: float
    charge: str
    sex: str = ""


SERVICES: tuple[Treatment, ...] = (
    # seeing a doctor, staying in bed
    Treatment("registration", "001101000010000", 10, "13"),
    Treatment("consult", "001102000010000", 18, "02"),
    Treatment("specialist", "001102000020000", 35, "02"),
    Treatment("emergency", "001102000030000", 25, "02"),
    Treatment("rounds", "001102000050000", 20, "02"),
    Treatment("online", "001102000060000", 15, "02"),
    Treatment("bed", "001109000010000", 46, "01"),
    Treatment("nursing", "001201000030000", 24, "07"),
    # small treatments
    Treatment("infusion", "001204000060000", 14, "05"),
    Treatment("injection", "001204000010000", 4, "05"),
    Treatment("nebuliser", "001207000010000", 12, "05"),
    Treatment("dressing", "001206000010000", 22, "05"),
    Treatment("oxygen", "001203000010000", 30, "05"),
    # pictures
    Treatment("xray", "002101020150000", 68, "03"),
    Treatment("mri", "002102000010000", 480, "03"),
    Treatment("ct", "002103000010000", 240, "03"),
    Treatment("ultrasound", "002203020010000", 110, "03"),
    Treatment("echo", "002206000040000", 180, "03"),
    Treatment("ecg", "003107010010000", 26, "03"),
    Treatment("holter", "003107010040000", 160, "03"),
    Treatment("spirometry", "003106010010000", 90, "03"),
    Treatment("gastroscopy", "003109020050000", 210, "03"),
    Treatment("fundus", "003103000130000", 40, "03"),
    Treatment("density", "002302000320000", 120, "03"),
    # laboratory
    Treatment("blood", "002501010150000", 20, "04"),
    Treatment("urine", "002501020350000", 16, "04"),
    Treatment("stool", "002501030010000", 12, "04"),
    Treatment("crp", "002504010250000", 24, "04"),
    Treatment("glucose", "002503020010000", 6, "04"),
    Treatment("hba1c", "002503020030000", 62, "04"),
    Treatment("lipids", "002503030010000", 38, "04"),
    Treatment("liver", "002503050070000", 48, "04"),
    Treatment("kidney", "002503070010000", 34, "04"),
    Treatment("electrolytes", "002503040010000", 32, "04"),
    Treatment("thyroid", "002503100010000", 120, "04"),
    Treatment("coagulation", "002502030200000", 70, "04"),
    Treatment("troponin", "002503060090000", 88, "04"),
    Treatment("markers", "002504040050000", 150, "04"),
    Treatment("hepatitis", "002504030040000", 72, "04"),
    Treatment("culture", "002505010090000", 64, "04"),
    # teeth, ear, joints, Chinese medicine
    Treatment("tooth", "003105110010000", 130, "05"),
    Treatment("scaling", "003105130060000", 96, "05"),
    Treatment("lavage", "003104010250000", 42, "05"),
    Treatment("physio", "003401000010000", 46, "05"),
    Treatment("acupuncture", "004300000010000", 38, "05"),
    Treatment("tuina", "004500000040000", 52, "05"),
    # one sex only
    Treatment("colposcopy", "003112010010000", 86, "03", "2"),
    Treatment("fetal", "003112010260000", 40, "03", "2"),
    Treatment("prostate massage", "003111000010000", 34, "05", "1"),
    Treatment("prostatectomy", "003312010060000", 3900, "06", "1"),
    Treatment("circumcision", "003312040020000", 620, "06", "1"),
    Treatment("cervical treatment", "003313030060000", 240, "06", "2"),
    Treatment("endometrial biopsy", "003313030010000", 180, "06", "2"),
    Treatment("myomectomy", "003313030110000", 2800, "06", "2"),
    Treatment("abortion", "003314000030000", 420, "06", "2"),
    Treatment("delivery", "003314000020000", 1400, "06", "2"),
    Treatment("caesarean", "003314000130000", 2300, "06", "2"),
    # operations for both
    Treatment("anaesthesia", "003301000050000", 900, "05"),
    Treatment("cataract", "003304060050000", 2400, "06"),
    Treatment("appendectomy", "003310030220000", 1900, "06"),
    Treatment("cholecystectomy", "003310060020000", 2900, "06"),
    Treatment("hernia", "003310080010000", 1700, "06"),
    Treatment("haemorrhoids", "003310040260000", 1300, "06"),
    Treatment("angioplasty", "003205000020000", 4800, "06"),
    Treatment("lithotripsy", "003311030230000", 2200, "06"),
    Treatment("discectomy", "003315010010000", 3600, "06"),
    # with limits of number, age, course or payment: nobody is ordinarily given them
    Treatment("check-up", "001105000010000", 120, "14"),
    Treatment("intensive care", "001201000010000", 12, "07"),
    Treatment("newborn care", "001201000070000", 30, "07"),
    Treatment("scalp infusion", "001204000070000", 18, "05"),
    Treatment("balance test", "003402000020000", 45, "05"),
    Treatment("fructosamine", "002503020020000", 22, "04"),
    Treatment("monitoring", "003107010220000", 5, "05"),
    Treatment("dialysis", "003110000060000", 400, "05"),
    Treatment("phototherapy", "003112020090000", 8, "05"),
    Treatment("intubation", "003301000130000", 90, "05"),
    Treatment("monitored anaesthesia", "003301000150000", 60, "05"),
    Treatment("eyelid surgery", "003304010120000", 1600, "06"),
    Treatment("adhesiolysis", "003310030070000", 1500, "06"),
    Treatment("hysterectomy", "003313030140000", 3300, "06", "2"),
    Treatment("exercise therapy", "003402000200000", 42, "05"),
    Treatment("wheelchair training", "003402000220000", 36, "05"),
    Treatment("vocational training", "003402000320000", 48, "05"),
)
"""Every service; the order is part of what a seed means."""

CONSUMABLES: tuple[Treatment, ...] = (
    Treatment("infusion set", "C14010112200003021450", 4.6, "08"),
    Treatment("syringe", "C14010209900001006311", 1.2, "08"),
    Treatment("plaster", "C14070518100002042210", 9.8, "08"),
    Treatment("gauze", "C14070300100004007742", 6.4, "08"),
    Treatment("test strips", "C16010402500001018805", 58, "08"),
    Treatment("cold patch", "C14060910200006030098", 13.5, "08"),
    Treatment("swabs", "C14070812300001055137", 3.7, "08"),
    Treatment("cannula", "C14010305500002011264", 28, "08"),
    Treatment("suture", "C15020104100003027730", 96, "08"),
    Treatment("lens", "C05020310400001004816", 1250, "08"),
    Treatment("stent", "C02010713100002009953", 760, "08"),
    Treatment("mesh", "C09030208800004016027", 980, "08"),
    Treatment("clips", "C15040506900001033418", 320, "08"),
    Treatment("toothbrush", "C18990100100001000127", 16, "08"),
)
"""Every consumable."""

SMALL_GOODS = ("plaster", "gauze", "cold patch", "swabs", "syringe")
"""What a pharmacy or a nurse adds to a bill for a few yuan."""
