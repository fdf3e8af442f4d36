"""Scopes: whose behaviour a feature describes, under which key its row is kept, and who owns that row.

The owner is what decides the partition of a row (see the README, "Who owns which state"): an institution
lives with its treatment area, a person with the insured area, a trace code and a prescriber wherever
the hash of their row's key falls. The owner text is the area, and goes to the partition that Kafka's own partitioner
gives that area as a key; it is empty where the key itself is hashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event, Line, TraceCode


#: Where a row is: its key (scope letter, ``:``, entity), the text that decides its partition, and which part of the row
#: is meant: a pair of person and item is a part of the person's row, so that a settlement changes one row however
#: many items it has.
RowKey = tuple[str, str, str]


class Scope(NamedTuple):
    """One kind of entity that features can describe."""

    name: str
    #: The coarsest level at which the key is known: ``settlement``, ``line`` or ``code``.
    level: str
    locate: Callable[[Event, Line | None, TraceCode | None], RowKey | None]


def _institution(event: Event, _line: Line | None, _code: TraceCode | None) -> RowKey:
    return ("i:" + event.fixmedins_code, event.mdtrtarea_admvs, "")


def _person(event: Event, _line: Line | None, _code: TraceCode | None) -> RowKey:
    return ("p:" + event.psn_ref, event.insuplc_admdvs, "")


def _person_item(event: Event, line: Line | None, _code: TraceCode | None) -> RowKey | None:
    if line is None:
        return None
    return ("p:" + event.psn_ref, event.insuplc_admdvs, line.med_list_codg)


def _prescriber(_event: Event, line: Line | None, _code: TraceCode | None) -> RowKey | None:
    # A blank or placeholder prescriber is unknown (the decoder made it None): it is never a key.
    if line is None or line.bilg_dr_codg is None:
        return None
    return ("d:" + line.bilg_dr_codg, "", "")


def _trace_code(_event: Event, _line: Line | None, code: TraceCode | None) -> RowKey | None:
    if code is None:
        return None
    return (trace_key(code), "", "")


#: How keys of trace codes' rows begin.
TRACE_PREFIX = "t:"


def trace_key(code: TraceCode) -> str:
    """Key of a trace code's row."""
    return TRACE_PREFIX + code.drug_trac_codg


SCOPES: dict[str, Scope] = {
    scope.name: scope
    for scope in (
        Scope("institution", "settlement", _institution),
        Scope("person", "settlement", _person),
        Scope("person_item", "line", _person_item),
        Scope("prescriber", "line", _prescriber),
        Scope("trace_code", "code", _trace_code),
    )
}
