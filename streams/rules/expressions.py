"""Checks the expressions of a pack: the language's checker, with the places of the pack's files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.language.check import Checker
from streams.language.generate import constant_of
from streams.language.schema import CODES_IN_EVENT, LINES_LIMIT
from streams.language.template import formatter, split
from streams.language.types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.check import Report
    from streams.language.names import Each, Names, Uses
    from streams.language.tree import Node
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

MAX_WORK = 60_000_000
"""Loop bodies that one expression may run for the largest settlement the contract allows: about three seconds."""

TIMES: dict[Each, int] = {"settlement": 1, "line": LINES_LIMIT, "code": CODES_IN_EVENT}
"""How often an expression runs for the largest settlement."""

Part = str | tuple["Node", "Callable[..., str]"]
"""Of a sentence: a plain text, or a value and the function that writes it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the expressions of one rule, feature or exemption are checked."""

    owner: str
    problems: Problems
    uses: Uses
    """Takes what the expressions read."""

    def check(self, item: Item, names: Names, what: str) -> Node | None:
        """Check an expression; None when it was reported."""
        if item.kind != "text":
            self.problems.refuse(item.place, self.owner, f"{what} is an expression, this is a {item.kind}")
            return None
        checker = Checker(item.value, names, self._report(item, what, 0))
        return self._run(checker, item, names, what)

    def condition(self, item: Item, names: Names, what: str) -> Node | None:
        """Check an expression that is true or false, and not always the same."""
        node = self.check(item, names, what)
        if node is None:
            return None
        if node.type.kind is not Kind.BOOL:
            message = f"{what} is a condition, this is {node.type}"
            self.problems.refuse(item.place, self.owner, message, "compare it with something")
            return None
        if node.closed:
            value = {True: "true", False: "false"}.get(constant_of(node), "unknown")
            self.problems.refuse(item.place, self.owner, f"{what} is always {value}: nothing is tested")
            return None
        return node

    def sentence(self, item: Item, names: Names, what: str) -> list[Part]:
        """Check a sentence and its placeholders."""
        if item.kind != "text":
            self.problems.refuse(item.place, self.owner, f"{what} is a sentence, this is a {item.kind}")
            return []
        parts: list[Part] = []
        for found in split(item.value, self._report(item, what, 0)):
            if isinstance(found, str):
                parts.append(found)
                continue
            checker = Checker(found.text, names, self._report(item, what, found.at))
            node = self._run(checker, item, names, what)
            if node is None:
                continue
            write, message, hint = formatter(node, found.format)
            if write is None:
                self._report(item, what, found.format_at if found.format else found.at)(0, message, hint)
            else:
                parts.append((node, write))
        return parts

    def _report(self, item: Item, what: str, start: int) -> Report:
        def report(offset: int, message: str, hint: str) -> None:
            self.problems.refuse(item.locate(start + offset), self.owner, f"{what}: {message}", hint)

        return report

    def _run(self, checker: Checker, item: Item, names: Names, what: str) -> Node | None:
        node = checker.run()
        self.uses.add(checker.uses)
        if node is None:
            return None
        # A named expression is computed once, wherever it is read.
        steps = node.work + sum(names.lets[name].node.work for name in checker.uses.lets if name in names.lets)
        steps *= TIMES[names.each]
        if steps > MAX_WORK:
            message = f"{what} may run {steps:,} steps for one settlement, {MAX_WORK:,} are allowed"
            hint = "loop over fewer things, or look at each line instead of each code"
            self.problems.refuse(item.place, self.owner, message, hint)
            return None
        return node
