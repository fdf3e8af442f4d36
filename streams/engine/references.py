"""Registry facts: institutions, practitioners and persons whose status matters to a settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.contract.reference import Institution, Person, Practitioner


class References:
    """The latest registry record of each entity; whoever reads the registries keeps it up to date."""

    def __init__(self) -> None:
        self.institutions: dict[str, Institution] = {}
        self.practitioners: dict[str, Practitioner] = {}
        self.persons: dict[str, Person] = {}

    def institution(self, fixmedins_code: str, at: int) -> Institution | None:
        """The record of an institution if it is in effect at `at` (epoch ms)."""
        record = self.institutions.get(fixmedins_code)
        return record if record is not None and record.effective(at) else None

    def practitioner(self, bilg_dr_codg: str | None, at: int) -> Practitioner | None:
        """The record of a prescriber if it is in effect at `at` (epoch ms); None for an unknown prescriber."""
        record = None if bilg_dr_codg is None else self.practitioners.get(bilg_dr_codg)
        return record if record is not None and record.effective(at) else None

    def person(self, psn_no: str, at: int) -> Person | None:
        """The record of a person if it is in effect at `at` (epoch ms)."""
        record = self.persons.get(psn_no)
        return record if record is not None and record.effective(at) else None
