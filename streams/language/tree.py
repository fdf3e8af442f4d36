"""The typed tree between checking and generating: what an expression means, with every doubt removed."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all its parts."""
    yield node
    for part in node.parts():
        yield from walk(part)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """Give the conditions that must all hold for a condition to hold."""
    if isinstance(node, Logic) and node.op == "and":
        return tuple(found for part in node.operands for found in conjuncts(part))
    return (node,)


def conjunction(parts: Sequence[Node]) -> Node | None:
    """Join conditions; None of none."""
    if len(parts) < 2:  # noqa: PLR2004 - one needs no joining
        return parts[0] if parts else None
    nullable = any(part.type.nullable for part in parts)
    return Logic(type=parts[0].type.known().maybe(nullable), op="and", operands=tuple(parts))


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """Give a node with each of its direct parts changed."""
    changes: dict[str, Any] = {}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            changes[field.name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(part, Node) for part in value):
            changes[field.name] = tuple(change(part) for part in value)
    return replace(node, **changes) if changes else node


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
class FeatureCall(Node):
    """A function of features as a whole (``on_hand(supply, time)``); ``name`` selects its generator."""

    name: str
    slots: tuple[FeatureSlot, ...]
    fields: tuple[int, ...]
    """Positions of the entries' fields that it reads."""
    args: tuple[Node, ...]

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return self.args


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

    name: Literal["any", "all", "count", "sum", "min", "max", "distinct", "list"]
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
    column: str
    """Which column the item is looked up in."""
    row: bool
    record: Node

    def parts(self) -> tuple[Node, ...]:
        """Give the direct parts."""
        return (self.record,)
