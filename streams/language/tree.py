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

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return ()


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

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.base,)


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
    operands: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return self.operands


@dataclass(frozen=True, slots=True, kw_only=True)
class Not(Node):
    """Negation."""

    part: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.part,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Node):
    """A comparison of two values of the same unit."""

    op: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Node):
    """``item in items`` or, negated, ``item not in items``."""

    item: Node
    items: Node
    negated: bool

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.item, self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arith(Node):
    """``+``, ``-``, ``*`` or ``/`` of two values whose units fit."""

    op: Literal["+", "-", "*", "/"]
    left: Node
    right: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.left, self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Node):
    """``then if test else other``."""

    test: Node
    then: Node
    other: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.test, self.then, self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """A function that is unknown when an argument is; ``name`` selects its generator."""

    name: str
    args: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return self.args


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Node):
    """Whether a value is known."""

    part: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.part,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Node):
    """A value, or another where it is unknown."""

    part: Node
    other: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.part, self.other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop(Node):
    """A comprehension over a bounded list. What the test leaves unknown is left out."""

    name: Literal["any", "all", "count", "sum", "min", "max", "distinct"]
    variable: str
    source: Node
    item: Node
    test: Node | None

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.source, self.item, *((self.test,) if self.test is not None else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGet(Node):
    """A named expression of the rule, computed when first read."""

    function: str
    index: int
    """Its place in the memory ``m`` of the functions of one rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup(Node):
    """A knowledge table asked about a line or trace code: whether it is listed, or its row."""

    table: str
    row: bool
    record: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.record,)
