"""Notes: sentences that are added to those of rules while a condition holds, such as a guidance period."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from streams.language.compile import RULE_ARGUMENTS
from streams.language.names import Uses
from streams.rules.expressions import Desk
from streams.rules.outcome import SEVERITIES
from streams.rules.section import Section
from streams.rules.specs import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import Names
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

KEYS = frozenset({"doc", "when", "severities", "text"})
REQUIRED = ("when", "severities", "text")


@dataclass(slots=True)
class DeclaredNote:
    """A checked note; ``spec`` gives its specification once the functions are compiled."""

    uses: Uses
    parts: dict[str, Any]
    when: Callable[[], Any]

    def spec(self) -> Note:
        """Give the specification."""
        return Note(**self.parts, when=self.when())


class NoteBuilder:
    """Checks notes; they look at the settlement and at registries.

    Args:
        functions: Takes what is generated.
        names: Exemptions of the pack.
        problems: Takes what is wrong.
    """

    def __init__(self, functions: FunctionSet, names: Names, problems: Problems) -> None:
        self._functions = functions
        reason = "a note looks at the event and at registries alone"
        withheld = dict.fromkeys(names.features, reason)
        self._names = replace(names, each="settlement", features={}, withheld=withheld)
        self._problems = problems

    def declare_all(self, items: Mapping[str, Item]) -> list[DeclaredNote]:
        """Check all notes; those that were reported are missing."""
        found = [self._declare(name, item) for name, item in items.items()]
        return [note for note in found if note is not None]

    def _declare(self, name: str, item: Item) -> DeclaredNote | None:
        before = len(self._problems.errors)
        section = Section(item, f"note {name}", self._problems, KEYS, REQUIRED)
        severities = set()
        for element in section.texts("severities"):
            if element.value not in map(str, SEVERITIES):
                section.refuse(element, f"there is no severity {element.value!r}", "1, 2 and 3")
            else:
                severities.add(int(element.value))
        uses = Uses()
        node = None
        if "when" in section.values:
            node = Desk(section.owner, self._problems, uses).condition(section.values["when"], self._names, "when")
        text = section.text("text")
        if node is None or len(self._problems.errors) > before:
            return None
        when = self._functions.condition(f"note_{name}", RULE_ARGUMENTS, node)
        return DeclaredNote(uses, {"name": name, "severities": frozenset(severities), "text": text}, when)
