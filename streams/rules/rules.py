"""From a declared rule to its specification."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.language.names import Uses
from streams.rules.forms import FORM_KEYS, FORM_REQUIRED, FormBuilder
from streams.rules.parameters import read_params
from streams.rules.section import Section
from streams.rules.specs import RuleSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import Names
    from streams.language.params import ParamTable
    from streams.rules.feature_specs import FeatureSpec
    from streams.rules.forms import DeclaredForm
    from streams.rules.knowledge import Knowledge
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

KEYS = FORM_KEYS | {"name", "doc", "mode", "effective_from", "effective_to", "basis", "params", "areas", "also"}
REQUIRED = ("name", *FORM_REQUIRED, "severity")
MED_TYPE = re.compile(r"[0-9]{1,6}")
MODES = ("live", "shadow", "off")
SHOWN = ("when", "severity", "amount", "message")


@dataclass(slots=True)
class DeclaredRule:
    """A checked rule; ``spec`` gives its specification once the functions are compiled."""

    uses: Uses
    parts: dict[str, Any]
    forms: list[DeclaredForm]

    def spec(self, features: Mapping[str, FeatureSpec]) -> RuleSpec:
        """Give the specification."""
        main, *others = self.forms
        also = tuple(self._form(form, features, ()) for form in others)
        return self._form(main, features, also)

    def _form(self, form: DeclaredForm, features: Mapping[str, FeatureSpec], also: tuple[RuleSpec, ...]) -> RuleSpec:
        ready = {name: function() for name, function in form.functions.items()}
        read = tuple(spec for name, spec in features.items() if name in form.uses.features)
        history = tuple((spec.name, spec.min_history) for spec in read if spec.min_history)
        return RuleSpec(
            **self.parts,
            **form.parts,
            **ready,
            also=also,
            features=read,
            scopes=frozenset(spec.scope for spec in read),
            needs_history=history,
        )


class RuleBuilder:
    """Checks rules one by one.

    Args:
        functions: Takes what is generated.
        names: Features, exemptions and tables of the pack.
        knowledge: The pack's tables.
        problems: Takes what is wrong.
    """

    def __init__(self, functions: FunctionSet, names: Names, knowledge: Knowledge, problems: Problems) -> None:
        self._forms = FormBuilder(functions, names, knowledge, problems)
        self._problems = problems

    def declare(self, rule_id: str, item: Item) -> DeclaredRule | None:
        """Check one rule; None when it was reported."""
        before = len(self._problems.errors)
        section = Section(item, f"rule {rule_id}", self._problems, KEYS, REQUIRED)
        params = read_params(section)
        forms = [self._forms.build(section, f"rule_{rule_id}", params, section)]
        for number, own in enumerate(self._further(section), 2):
            forms.append(self._forms.build(own, f"rule_{rule_id}_{number}", params, section))
        checked = [form for form in forms if form is not None]
        for form in checked:
            form.parts["med_types"] = self._med_types(form.section, section)
        parts = self._parts(section, rule_id, params, [form.section for form in checked[1:]])
        if len(self._problems.errors) > before or len(checked) < len(forms):
            return None
        uses = Uses()
        for form in checked:
            uses.add(form.uses)
        self._check_unused(section, "params", uses.params)
        for form in checked:
            self._check_unused(form.section, "let", form.uses.lets)
        return DeclaredRule(uses, parts, checked)

    def _further(self, section: Section) -> list[Section]:
        """Read the rule's further forms."""
        item = section.values.get("also")
        if item is None:
            return []
        if item.kind != "list":
            section.refuse(item, "also is a list of further forms of the rule")
            return []
        return [Section(each, section.owner, self._problems, FORM_KEYS, FORM_REQUIRED) for each in item.elements()]

    def _check_unused(self, section: Section, key: str, used: set[str]) -> None:
        for name, _ in section.named(key):
            if name.value not in used:
                self._problems.warn(name.place, section.owner, f"{key.removesuffix('s')} {name.value} is never used")

    def _med_types(self, form: Section, main: Section) -> tuple[str, ...]:
        """Read the kinds of visit a form is for; where it says nothing, the rule's."""
        section = form if "med_types" in form.values else main
        for item in section.texts("med_types"):
            if not MED_TYPE.fullmatch(item.value):
                section.refuse(item, f"{item.value!r} is not a prefix of med_type", "digits, such as '11' or '1401'")
        return tuple(item.value for item in section.texts("med_types"))

    def _parts(self, section: Section, rule_id: str, params: ParamTable, further: list[Section]) -> dict[str, Any]:
        """Read what needs no expression."""
        place = section.item.place
        first, last = section.day("effective_from"), section.day("effective_to")
        if first is not None and last is not None and last < first:
            section.refuse(section.values["effective_to"], "effective_to is before effective_from")
        return {
            "rule_id": rule_id,
            "name": section.text("name"),
            "mode": section.choice("mode", MODES, "live"),
            "basis": section.text("basis"),
            "doc": section.text("doc"),
            "effective_from": first,
            "effective_to": last,
            "params": params.values,
            "areas": params.areas,
            "defaults": params.layout(),
            "by_area": {area: params.layout(area) for area in params.areas},
            "prefixes": tuple(sorted({len(area) for area in params.areas}, reverse=True)),
            "source": _source(section, further),
            "file": place.file,
            "line": place.line,
        }


def _source(section: Section, further: list[Section]) -> dict[str, str]:
    """Give the texts of a rule as they are written, those of further forms by their number."""
    texts = {key: section.text(key) for key in SHOWN if key in section.values}
    for number, form in enumerate(further, 2):
        texts |= {f"{key} {number}": form.text(key) for key in SHOWN if key in form.values}
    return texts
