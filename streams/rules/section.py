"""One mapping of a pack file, with the checks that every mapping needs."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from streams.contract.time import parse_date
from streams.language.params import Day, Raw
from streams.language.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,14})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,9}")


class Section:
    """A mapping with a fixed set of keys; unknown and missing keys are reported at once.

    Args:
        item: The mapping.
        owner: What it is, for reports: ``rule V02``.
        problems: Takes what is wrong.
        keys: Keys it may have.
        required: Keys it must have.
    """

    def __init__(
        self, item: Item, owner: str, problems: Problems, keys: frozenset[str], required: tuple[str, ...] = ()
    ) -> None:
        self.item = item
        self.owner = owner
        self.problems = problems
        self.values: dict[str, Item] = {}
        if item.kind != "mapping":
            problems.refuse(item.place, owner, f"keys and values are needed here, this is a {item.kind}")
            return
        for key, value in item.items():
            if key.value in keys:
                self.values.setdefault(key.value, value)
            else:
                problems.refuse(key.place, owner, f"unknown key {key.value!r}", did_you_mean(key.value, keys))
        for name in required:
            if name not in self.values:
                problems.refuse(item.place, owner, f"{name} is missing")

    def refuse(self, item: Item, message: str, hint: str = "") -> None:
        """Report a value."""
        self.problems.refuse(item.place, self.owner, message, hint)

    def text(self, key: str, default: str = "") -> str:
        """Read a text; anything that is not a scalar is reported."""
        item = self.values.get(key)
        if item is None:
            return default
        if item.kind != "text":
            self.refuse(item, f"{key} is a text, this is a {item.kind}")
            return default
        if not item.value.strip():
            self.refuse(item, f"{key} is empty")
            return default
        return item.value.strip()

    def choice(self, key: str, choices: tuple[str, ...], default: str = "") -> str:
        """Read one of a few words; what is none of them is reported, and the default stands in."""
        found = self.text(key, default)
        if found and found not in choices:
            self.refuse(
                self.values[key], f"{key} is never {found!r}", did_you_mean(found, choices) or ", ".join(choices)
            )
            return default
        return found

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """Read a whole number between two bounds, both included."""
        item = self.values.get(key)
        if item is None:
            return default
        if item.kind != "text" or not WHOLE.fullmatch(item.value) or not low <= int(item.value) <= high:
            self.refuse(item, f"{key} is a whole number from {low} to {high}")
            return default
        return int(item.value)

    def flag(self, key: str) -> bool:
        """Read true or false; false where nothing is said."""
        return self.choice(key, ("true", "false"), "false") == "true"

    def share(self, key: str) -> float:
        """Read a share from 0 to 1; 0 where nothing is said."""
        item = self.values.get(key)
        if item is None:
            return 0.0
        found = raw_value(item)
        if isinstance(found, bool) or not isinstance(found, int | Decimal) or not 0 <= found <= 1:
            self.refuse(item, f"{key} is a share from 0 to 1")
            return 0.0
        return float(found)

    def day(self, key: str) -> int | None:
        """Read a date."""
        item = self.values.get(key)
        if item is None:
            return None
        try:
            return parse_date(item.value)
        except ValueError as error:
            self.refuse(item, f"{key}: {error}")
            return None

    def texts(self, key: str) -> list[Item]:
        """Read a list of texts."""
        item = self.values.get(key)
        if item is None:
            return []
        if item.kind != "list":
            self.refuse(item, f"{key} is a list, such as [a, b]")
            return []
        found = []
        for element in item.elements():
            if element.kind == "text" and element.value:
                found.append(element)
            else:
                self.refuse(element, f"{key} is a list of texts")
        return found

    def named(self, key: str) -> Iterator[tuple[Item, Item]]:
        """Read a mapping of names of the author's own."""
        item = self.values.get(key)
        if item is None:
            return
        if item.kind != "mapping":
            self.refuse(item, f"{key} has names and values, this is a {item.kind}")
            return
        yield from item.items()


def raw_value(item: Item) -> Raw:
    """Read a parameter's value; None when it is none."""
    if item.kind == "list":
        values = tuple(raw_value(element) for element in item.elements())
        return None if any(value is None for value in values) else values
    if item.kind != "text":
        return None
    return item.value if item.quoted else _plain(item)


def _plain(item: Item) -> Raw:
    """Read a value without quotes: what it looks like is what it is."""
    for pattern, convert in PLAIN:
        if pattern.fullmatch(item.value):
            return convert(item.value)
    return item.value if item.tag == "str" else None


def _date(text: str) -> Raw:
    try:
        return Day(parse_date(text))
    except ValueError:
        return None


PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], Raw]], ...] = (
    (WHOLE, int),
    (DECIMAL, Decimal),
    (re.compile("true|false"), lambda text: text == "true"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), _date),
)
