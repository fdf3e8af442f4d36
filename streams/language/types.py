"""Types of the language: what a value is, and in which unit. A unit is a type, so that units never mix unseen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """The kind of a value; the text is what messages call it."""

    BOOL = "yes/no"
    INT = "whole number"
    NUMBER = "number"
    """A ratio; the only kind that is a binary float."""
    MONEY = "money"
    """Fen."""
    PRICE = "price"
    """Millionths of a yuan."""
    QUANTITY = "quantity"
    """Ten-thousandths."""
    TEXT = "text"
    TIME = "time"
    """Epoch milliseconds."""
    DURATION = "duration"
    """Milliseconds."""
    DAY = "day"
    """Beijing days since 1970-01-01."""
    LIST = "list"
    RECORD = "record"
    RECORDS = "list of records"
    ERROR = "error"
    """Of a part that was already reported: everything may be done with it."""


SCALES: Mapping[Kind, int] = {Kind.MONEY: 100, Kind.PRICE: 1_000_000, Kind.QUANTITY: 10_000, Kind.INT: 1}
"""How many units of a scaled kind make one: a literal ``3`` beside a quantity is 30,000."""

NUMERIC = frozenset({Kind.INT, Kind.NUMBER, Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.TIME, Kind.DURATION, Kind.DAY})
ORDERED = NUMERIC | {Kind.TEXT}


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a record, and how generated code reads it."""

    type: Type
    attr: str | int = ""
    """Attribute name; of a log's entry, the position in the tuple."""
    blank: str = ""
    """A flag that the platform may leave out: what leaving it out means."""
    fallback: str = ""
    """Attribute read when the first is null."""
    compute: str = ""
    """What computes it from the settlement as a whole (``whole``), for fields that no record holds."""
    hint: str = ""
    """Why it may not be read, for attributes that exist but are withheld."""


@dataclass(frozen=True, slots=True)
class Record:
    """A named set of fields."""

    name: str
    fields: Mapping[str, Field] = field(hash=False, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Type:
    """A kind, whether it may be unknown (null), and the parts of compound kinds."""

    kind: Kind
    nullable: bool = False
    item: Kind | None = None
    """Of a list: the kind of its items (never null)."""
    record: Record | None = None
    """Of a record, or of the members of a list of records."""
    limit: int = 0
    """Of a list of records: the most members there can be."""
    values: frozenset[str] = frozenset()
    """Of a text: the only values the contract allows; empty = any."""

    def known(self) -> Type:
        """Give the same type, never null."""
        return replace(self, nullable=False) if self.nullable else self

    def maybe(self, nullable: bool = True) -> Type:  # noqa: FBT001, FBT002 - reads as "maybe" at every call
        """Give the same type, possibly null."""
        return replace(self, nullable=True) if nullable and not self.nullable else self

    def __str__(self) -> str:
        if self.kind is Kind.LIST and self.item is not None:
            return f"list of {self.item.value}"
        if self.record is not None:
            return f"{self.kind.value} ({self.record.name})"
        return self.kind.value


BOOL = Type(Kind.BOOL)
INT = Type(Kind.INT)
NUMBER = Type(Kind.NUMBER)
MONEY = Type(Kind.MONEY)
PRICE = Type(Kind.PRICE)
QUANTITY = Type(Kind.QUANTITY)
TEXT = Type(Kind.TEXT)
TIME = Type(Kind.TIME)
DURATION = Type(Kind.DURATION)
DAY = Type(Kind.DAY)
TEXTS = Type(Kind.LIST, item=Kind.TEXT)
ERROR = Type(Kind.ERROR)
