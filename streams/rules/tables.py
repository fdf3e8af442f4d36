"""The columns of every knowledge table, by rule id; the common columns are in ``knowledge``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from streams.language.types import BOOL, DAY, INT, QUANTITY, TEXT, TEXTS, Field, Kind, Record, Type

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: how its cells are read, and what a blank means."""

    type: Type
    default: Any = None
    """Value of a blank cell; a blank is refused where there is neither default nor ``optional``."""
    optional: bool = False
    """Whether a blank is unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """What a table holds beyond the common columns."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    by: Literal["item", "trace"] = "item"
    """What ``code`` is compared with: a line's ``med_list_codg``, or a trace code (a product prefix)."""
    many: tuple[str, ...] = ()
    """Columns that tell apart several rows of one code; empty: one row holds at a time."""


def _text(*values: str) -> Column:
    return Column(type=Type(Kind.TEXT, values=frozenset(values)))


WHOLE = Column(type=INT)
AMOUNT = Column(type=QUANTITY)
TEXT_COLUMN = Column(type=TEXT)
LIST = Column(type=TEXTS)
AGE = Column(type=INT, optional=True)
LISTED = TableSpec()
"""A table that only lists codes."""

TABLES: Mapping[str, TableSpec] = {
    "P01": TableSpec(columns={"gend": _text("1", "2")}),
    "P02": TableSpec(columns={"gend": _text("1", "2")}),
    "P03": TableSpec(columns={"max_age_years": Column(type=INT, default=18)}),
    "P04": TableSpec(columns={"max_age_days": WHOLE}),
    "P05": TableSpec(columns={"insutypes": LIST}),
    "P06": TableSpec(columns={"med_types": LIST, "emergency_ok": Column(type=BOOL, default=False)}),
    "P07": TableSpec(columns={"min_level": WHOLE}),
    # Days of supply (prd_days) are quantities; days of a period are whole.
    "P08": TableSpec(columns={"max_days": AMOUNT, "window_days": Column(type=INT, default=365)}),
    "P09": TableSpec(
        columns={"contained": TEXT_COLUMN, "scope": _text("hour", "6h", "day", "visit")}, many=("contained",)
    ),
    "P10": TableSpec(columns={"max_per_day": AMOUNT}),
    "P11": TableSpec(columns={"max_times": WHOLE, "period_days": WHOLE}),
    "P12": TableSpec(columns={"max_days": WHOLE, "episode_gap_days": Column(type=INT, default=30)}),
    "P13": TableSpec(columns={"min_age_years": AGE, "max_age_years": AGE}),
    # A factor shares money: prorate(amount, fact.factor, quantity(1)).
    "P14": TableSpec(columns={"group": TEXT_COLUMN, "factor": Column(type=QUANTITY, default=5_000)}),
    "P16": TableSpec(columns={"icd": LIST}),
    "P17": TableSpec(columns={"needs": LIST}),
    "P18": LISTED,
    "T02": TableSpec(columns={"med_list_codg": TEXT_COLUMN}, by="trace"),
    "T05": TableSpec(columns={"pack_units": AMOUNT}),
    "D04": LISTED,
    "V07": LISTED,
    "V11": TableSpec(columns={"group": TEXT_COLUMN, "period_days": Column(type=INT, default=14)}),
    "V15": TableSpec(columns={"excludes": LIST}),
}
"""Tables of the catalogue. A rule without a table of its own can read another's (``table: D04``)."""

COMMON = ("code", "effective_from", "effective_to", "areas", "basis")
"""Columns that every table may have; ``code`` it must."""


def fact_record(table_id: str) -> Record:
    """Give the fields of ``fact`` for a rule with this table."""
    fields = {
        "code": Field(TEXT, "code"),
        "effective_from": Field(DAY.maybe(), "effective_from"),
        "effective_to": Field(DAY.maybe(), "effective_to"),
        "basis": Field(TEXT, "basis"),
    }
    for name, column in TABLES[table_id].columns.items():
        fields[name] = Field(column.type.maybe(column.optional), name)
    return Record(f"fact of {table_id}", fields)
