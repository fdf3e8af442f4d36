"""Bills: fee lines that add up to the fen, and who pays how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug, Item
    from streams.simulate.records import Json

_NUMBERS = [str(number) for number in range(400)]
_EXAMINATIONS = {"03", "04"}


class Bill:
    """Fee lines of one settlement, all amounts in fen until they are written.

    Args:
        time: when the services happened, text.
        doctor: prescriber, None or blank when unknown.
        dept: department, None at pharmacies.
        rxno: prescription of the drug lines.
        first: number of the first line; unique within a visit.
    """

    __slots__ = ("dept", "doctor", "examined", "first", "lines", "rxno", "scope", "time", "total")

    def __init__(self, time: str, doctor: str | None, dept: str | None, rxno: str | None, first: int = 1) -> None:
        self.time = time
        self.doctor = doctor
        self.dept = dept
        self.rxno = rxno
        self.first = first
        self.lines: list[Json] = []
        self.total = 0
        self.scope = 0
        self.examined = 0

    def service(self, item: Item, price: int, cnt: int = 1, time: str | None = None) -> None:
        """Charge a service or consumable at its tariff, which is also its ceiling."""
        if item.charge in _EXAMINATIONS:
            self.examined += price * cnt
        ceiling = price if item.list_type == "201" else None
        self.add(item.code, item.list_type, item.charge, cnt, price, ceiling, 0, time=time)

    def drug(
        self, drug: Drug, price: int, cnt: int, days: int | None, traces: list[Json], time: str | None = None
    ) -> None:
        """Charge whole packs of a drug."""
        self.add(drug.code, "101", drug.charge, cnt, price, drug.ceiling, drug.own, days=days, traces=traces, time=time)

    def add(
        self,
        code: str,
        list_type: str,
        charge: str,
        cnt: int,
        pric: int,
        ceiling: int | None,
        own: int,
        *,
        days: int | None = None,
        traces: list[Json] | None = None,
        time: str | None = None,
    ) -> Json:
        """Add a line: prices of one in fen, `own` per cent outside the scope, days and traces of the whole line."""
        amount = cnt * pric
        covered = amount * (100 - own) // 100
        self.total += amount
        self.scope += covered
        line = {
            "feedetl_sn": _NUMBERS[self.first + len(self.lines)],
            "fee_ocur_time": time or self.time,
            "list_type": list_type,
            "med_list_codg": code,
            "med_chrgitm_type": charge,
            "cnt": cnt,
            "pric": pric / 100,
            "pric_uplmt_amt": None if ceiling is None else ceiling / 100,
            "det_item_fee_sumamt": amount / 100,
            "inscp_scp_amt": covered / 100,
            "prd_days": days,
            "rxno": self.rxno if days is not None else None,
            "bilg_dr_codg": self.doctor,
            "bilg_dept_codg": self.dept,
        }
        if traces:
            line["drug_trac_info"] = traces
        self.lines.append(line)
        return line

    def trim(self, most: float) -> bool:
        """Leave out the last lines until the bill is at most so many fen; False when even one line is more."""
        while self.total > most and len(self.lines) > 1:
            line = self.lines.pop()
            self.total -= round(line["det_item_fee_sumamt"] * 100)
            self.scope -= round(line["inscp_scp_amt"] * 100)
        return self.total <= most


class Terms(NamedTuple):
    """How a bill is paid.

    Attributes:
        share: per cent of the scope above the deductible that the fund pays.
        account: whether the rest of the scope comes from a personal account (employees) instead of cash.
        deductible: fen that the fund never pays.
    """

    share: int
    account: bool
    deductible: int = 0

    def split(self, bill: Bill) -> tuple[int, int, int]:
        """Fund, account and cash, fen; they add up to the bill exactly."""
        fund = max(0, bill.scope - self.deductible) * self.share // 100
        account = bill.scope - fund if self.account else 0
        return fund, account, bill.total - fund - account
