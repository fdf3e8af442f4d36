"""The typed tree between checking and generating: what an expression means, with every doubt removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from decimal import Decimal

    from streams.language.types import Field, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression."""

    type: Type
    at: int = 0
    """Offset of the part in the text, in characters."""
    bits: int = 0
    """Of numbers: the magnitude is at most 2^bits; it is kept small enough that nothing overflows a float."""
    work: int = 0
    """How many times the bodies of its loops run at most."""
    closed: bool = False
    """Whether it mentions no name, so that its value is always the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Const(Node):
    """A literal, already in its unit."""

    value: Any
    literal: Decimal | None = None
    """The number as written, while it may still take the unit of its neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Var(Node):
    """A variable of the generated function: event, line, code, fact, or the variable of a loop."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Node):
    """A registry record (``c.institution``)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Get(Node):
    """An attribute of a record."""

    base: Node
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Param(Node):
    """A parameter of the rule, in the unit of the node's type."""

    name: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureGet(Node):
    """A property of a feature's view; ``first`` and ``last`` of a log are its entries at either end."""

    slot: FeatureSlot
    prop: str


@dataclass(frozen=True, slots=True)
class FeatureSlot:
    """Where a feature's view is found in the context."""

    each: Literal["settlement", "line", "code"]
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logic(Node):
    """``and`` or ``or``."""

    op: Literal["and", "or"]
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """Negation."""

    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """A comparison of two values of the same unit."""

    op: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """``item in items`` or, negated, ``item not in items``."""

    item: Node
    items: Node
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arith(Node):
    """``+``, ``-``, ``*`` or ``/`` of two values whose units fit."""

    op: Literal["+", "-", "*", "/"]
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Node):
    """``then if test else other``."""

    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function that is unknown when an argument is; ``name`` selects its generator."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Node):
    """Whether a value is known."""

    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Node):
    """A value, or another where it is unknown."""

    part: Node
    other: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Node):
    """A comprehension over a bounded list. What the test leaves unknown is left out."""

    name: Literal["any", "all", "count", "sum", "min", "max", "distinct"]
    variable: str
    source: Node
    item: Node
    test: Node | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGet(Node):
    """A named expression of the rule: a call of the function that holds it."""

    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Node):
    """A knowledge table asked about a line or trace code: whether it is listed, or its row."""

    table: str
    row: bool
    record: Node


def children(node: Node) -> tuple[Node, ...]:
    """Give the direct parts of a node."""
    match node:
        case Get(base=base):
            return (base,)
        case Logic(parts=parts):
            return parts
        case Not(part=part) | Known(part=part):
            return (part,)
        case Compare(left=left, right=right) | Arith(left=left, right=right):
            return (left, right)
        case Member(item=item, items=items):
            return (item, items)
        case If(test=test, then=then, other=other):
            return (test, then, other)
        case Call(args=args):
            return args
        case Default(part=part, other=other):
            return (part, other)
        case Loop(source=source, item=item, test=test):
            return (source, item) if test is None else (source, item, test)
        case Lookup(record=record):
            return (record,)
        case _:
            return ()
