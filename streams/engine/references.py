"""Registry facts: institutions, practitioners and persons whose status matters to a settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from streams.contract.reference import decode_institution, decode_person, decode_practitioner

if TYPE_CHECKING:
    from streams.contract.reference import Institution, Person, Practitioner

Registry = Literal["institutions", "practitioners", "persons"]


class References:
    """The latest registry record of each entity; whoever reads the registries keeps it up to date.

    Another thread may do that: a record is replaced whole.
    """

    def __init__(self) -> None:
        self.institutions: dict[str, Institution] = {}
        self.practitioners: dict[str, Practitioner] = {}
        self.persons: dict[str, Person] = {}

    def take(self, registry: Registry, raw: bytes) -> None:
        """Take in a record as the registry sent it.

        Raises:
            streams.contract.rejected.Rejected: It cannot be used; the one before stays in force.
        """
        if registry == "institutions":
            institution = decode_institution(raw)
            self.institutions[institution.fixmedins_code] = institution
        elif registry == "practitioners":
            practitioner = decode_practitioner(raw)
            self.practitioners[practitioner.bilg_dr_codg] = practitioner
        else:
            person = decode_person(raw)
            self.persons[person.psn_no] = person

    def drop(self, registry: Registry, code: str) -> None:
        """Forget an entity whose record was deleted."""
        getattr(self, registry).pop(code, None)

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
