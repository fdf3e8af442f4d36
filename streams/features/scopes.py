"""Scopes: whose behaviour a feature describes, under which key its row is kept, and who owns that row.

The owner is what decides the partition of a row (see the README, "Who owns which state"): an institution
lives with its treatment area, a person with the insured area, a trace code, a prescriber and an employer wherever
the hash of their row's key falls. The owner text is the area, and goes to the partition that Kafka's own partitioner
gives that area as a key; it is empty where the key itself is hashed.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event, Line, TraceCode
    from streams.language.names import Each


#: Where a row is: its key (scope letter, ``:``, entity), the text that decides its partition, and which part of the row
#: is meant: a pair of person and item is a part of the person's row, so that a settlement changes one row however
#: many items it has.
RowKey = tuple[str, str, str]


class Scope(NamedTuple):
    """One kind of entity that features can describe."""

    name: str
    #: The coarsest level at which the key is known: ``settlement``, ``line`` or ``code``.
    level: Each
    #: Gives the row of an event, line and code; the last argument answers for registries.
    locate: Callable[[Event, Line | None, TraceCode | None, Any], RowKey | None]
    #: How its keys begin.
    letter: str
    #: Whether the key is in a registry, not in the event.
    registry: bool = False
    #: Of a scope that is a part of a row which another scope has as a whole: what names the part, in generated code.
    part: str = ""


def _institution(event: Event, _line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey:
    return ("i:" + event.fixmedins_code, event.mdtrtarea_admvs, "")


def _institution_item(event: Event, line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey | None:
    if line is None:
        return None
    return ("i:" + event.fixmedins_code, event.mdtrtarea_admvs, line.med_list_codg)


def _wards(event: Event, _line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey:
    # A row of its own: it is large, and changes only with admissions and discharges.
    return ("i:" + event.fixmedins_code + "/wards", event.mdtrtarea_admvs, "")


def visitor_key(fixmedins_code: str, psn_ref: str) -> str:
    """Key of the row of a person at an institution."""
    return f"v:{fixmedins_code}/{psn_ref}"


def _visitor(event: Event, _line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey:
    # With the institution, not in the person's row: who stands beside whom there is asked where the institution lives.
    return (visitor_key(event.fixmedins_code, event.psn_ref), event.mdtrtarea_admvs, "")


def _person(event: Event, _line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey:
    return ("p:" + event.psn_ref, event.insuplc_admdvs, "")


def _person_item(event: Event, line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey | None:
    if line is None:
        return None
    return ("p:" + event.psn_ref, event.insuplc_admdvs, line.med_list_codg)


def _prescriber(_event: Event, line: Line | None, _code: TraceCode | None, _context: Any) -> RowKey | None:
    # A blank or placeholder prescriber is unknown (the decoder made it None): it is never a key.
    if line is None or line.bilg_dr_codg is None:
        return None
    return ("d:" + line.bilg_dr_codg, "", "")


def _trace_code(_event: Event, _line: Line | None, code: TraceCode | None, _context: Any) -> RowKey | None:
    if code is None:
        return None
    return (TRACE_PREFIX + code.drug_trac_codg, "", "")


_EMPLOYER_BYTES = 12


def _employer(_event: Event, _line: Line | None, _code: TraceCode | None, context: Any) -> RowKey | None:
    person = None if context is None else context.person
    if person is None or not person.emp_no:
        return None
    # Rows name nobody: a number of the registry stays there.
    return ("e:" + blake2b(person.emp_no.encode(), digest_size=_EMPLOYER_BYTES).hexdigest(), "", "")


#: How keys of trace codes' rows begin.
TRACE_PREFIX = "t:"


def trace_key(code: TraceCode) -> str:
    """Key of a trace code's row."""
    return TRACE_PREFIX + code.drug_trac_codg


SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("institution", "settlement", _institution, "i"),
        Scope("wards", "settlement", _wards, "i"),
        Scope("person", "settlement", _person, "p"),
        Scope("visitor", "settlement", _visitor, "v"),
        Scope("employer", "settlement", _employer, "e", registry=True),
        Scope("institution_item", "line", _institution_item, "i", part="l.med_list_codg"),
        Scope("person_item", "line", _person_item, "p", part="l.med_list_codg"),
        Scope("prescriber", "line", _prescriber, "d"),
        Scope("trace_code", "code", _trace_code, "t"),
    )
}
