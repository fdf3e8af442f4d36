"""Registry facts about institutions, practitioners and persons: one compacted topic and one file for each."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.json import Decoder

from streams.contract.reading import MAX_BYTES, read
from streams.contract.rejected import Rejected
from streams.contract.time import day_of, parse_time

ProviderStatus = Literal["active", "suspended", "terminated"]
PersonStatus = Literal["active", "deceased", "suspended"]
Beds = Annotated[float, Meta(ge=0)]


class Effective(Struct, kw_only=True, gc=False):
    """What holds from one Beijing day to another, both included; ``None`` is open."""

    effective_from: int | None = None
    effective_to: int | None = None

    def effective(self, at_ms: int) -> bool:
        """Tell whether the fact holds at a time (epoch milliseconds)."""
        day = day_of(at_ms)
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day <= self.effective_to
        )


class Institution(Effective, kw_only=True, gc=False):
    """A designated hospital or pharmacy."""

    fixmedins_code: str
    fix_blng_admdvs: str | None = None
    medins_lv: str | None = None
    beds: int | None = None
    """Registered beds."""
    status: ProviderStatus | None = None
    designated_from: int | None = None
    """The day of its designation; the first six months are a guidance period."""


class Practitioner(Effective, kw_only=True, gc=False):
    """Someone who may prescribe at the fund's expense, or may not at present."""

    bilg_dr_codg: str
    status: ProviderStatus


class Person(Effective, kw_only=True, gc=False):
    """An insured person."""

    psn_no: str
    status: PersonStatus
    insured_from: int | None = None
    """The day of first enrolment in the scheme."""
    emp_no: str | None = None


class _WireInstitution(Struct, kw_only=True, gc=False):
    fixmedins_code: str
    fix_blng_admdvs: str | None = None
    medins_lv: str | None = None
    beds: Beds | None = None
    status: ProviderStatus | None = None
    designated_from: str | None = None
    effective_from: str | None = None
    effective_to: str | None = None


class _WirePractitioner(Struct, kw_only=True, gc=False):
    bilg_dr_codg: str
    status: ProviderStatus
    effective_from: str | None = None
    effective_to: str | None = None


class _WirePerson(Struct, kw_only=True, gc=False):
    psn_no: str
    status: PersonStatus
    insured_from: str | None = None
    emp_no: str | None = None
    effective_from: str | None = None
    effective_to: str | None = None


_institution = Decoder(_WireInstitution)
_practitioner = Decoder(_WirePractitioner)
_person = Decoder(_WirePerson)


def decode_institution(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Institution:
    """Read one record of ``reference.institutions``.

    Raises:
        Rejected: The record is too large, not JSON, not what the schema says, or impossible.
    """
    wire = read(_institution, raw, max_bytes)
    if wire.beds is not None and not wire.beds.is_integer():
        raise Rejected("invalid", "$.beds: not a whole number")
    return Institution(
        fixmedins_code=wire.fixmedins_code,
        fix_blng_admdvs=_text(wire.fix_blng_admdvs),
        medins_lv=_text(wire.medins_lv),
        beds=None if wire.beds is None else int(wire.beds),
        status=wire.status,
        designated_from=_day(wire.designated_from, "designated_from"),
        effective_from=_day(wire.effective_from, "effective_from"),
        effective_to=_day(wire.effective_to, "effective_to"),
    )


def decode_practitioner(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Practitioner:
    """Read one record of ``reference.practitioners``.

    Raises:
        Rejected: The record is too large, not JSON, not what the schema says, or impossible.
    """
    wire = read(_practitioner, raw, max_bytes)
    return Practitioner(
        bilg_dr_codg=wire.bilg_dr_codg.strip(),  # as the lines of events are read
        status=wire.status,
        effective_from=_day(wire.effective_from, "effective_from"),
        effective_to=_day(wire.effective_to, "effective_to"),
    )


def decode_person(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Person:
    """Read one record of ``reference.persons``.

    Raises:
        Rejected: The record is too large, not JSON, not what the schema says, or impossible.
    """
    wire = read(_person, raw, max_bytes)
    return Person(
        psn_no=wire.psn_no,
        status=wire.status,
        insured_from=_day(wire.insured_from, "insured_from"),
        emp_no=_text(wire.emp_no),
        effective_from=_day(wire.effective_from, "effective_from"),
        effective_to=_day(wire.effective_to, "effective_to"),
    )


def _text(text: str | None) -> str | None:
    return text if text and not text.isspace() else None


def _day(text: str | None, name: str) -> int | None:
    """Read the Beijing day of a date, or of a time as registries export them; a blank is open."""
    if not text or text.isspace():
        return None
    try:
        return day_of(parse_time(text))
    except ValueError as error:
        raise Rejected("invalid", f"$.{name}: {error}") from None
