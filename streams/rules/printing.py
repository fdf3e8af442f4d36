"""What ``prewarn rules list`` and ``show`` print."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from streams.contract.time import format_date
from streams.language.params import Day
from streams.rules.bounds import resolution_text, state_bound
from streams.rules.windows import window_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streams.rules.feature_specs import FeatureSpec
    from streams.rules.specs import Exemption, Pack, RuleSpec

TITLES = ("ID", "NAME", "MODE", "SEVERITY", "EACH", "TABLE", "READS")


def pack_table(pack: Pack) -> Iterator[str]:
    """Print a pack: a line for each rule, in columns."""
    rows = [TITLES]
    for rule in sorted(pack.rules, key=lambda rule: rule.rule_id):
        forms = (rule, *rule.also)
        reads = dict.fromkeys(feature.name for form in forms for feature in form.features)
        registries = sorted({name for form in forms for name in form.references})
        severity = rule.source["severity"]
        row = (
            rule.rule_id,
            rule.name,
            rule.mode,
            severity if severity.isdigit() else "varies",
            "+".join(dict.fromkeys(form.each for form in forms)),
            "+".join(dict.fromkeys(form.table for form in forms if form.table)) or "-",
            ", ".join([*reads, *registries]) or "-",
        )
        rows.append(row)
    yield from _columns(rows)


def rule_sheet(rule: RuleSpec, pack: Pack) -> Iterator[str]:
    """Print everything about a rule."""
    forms = (rule, *rule.also)
    yield f"{rule.rule_id} {rule.name}  ({rule.mode}, pack {pack.version})"
    yield from _pairs(
        {
            "doc": rule.doc,
            "file": f"{rule.file}:{rule.line}",
            **_looks(rule, pack),
            "effective": _period(rule),
            "history": _history(forms),
            **{key: " ".join(text.split()) for key, text in rule.source.items()},
            "basis": rule.basis,
            "references": ", ".join(sorted({name for form in forms for name in form.references})),
        }
    )
    for number, form in enumerate(rule.also, 2):
        yield from _pairs({f"{key} {number}": text for key, text in _looks(form, pack).items()})
    if rule.params:
        yield "parameters:"
        yield from _columns([("  NAME", "DEFAULT", *sorted(rule.areas)), *_params(rule)])
    named = {feature.name: feature for feature in pack.features}
    read = {feature.name: feature for form in forms for feature in form.features}
    read |= {feature.base: named[feature.base] for feature in read.values() if feature.base}
    for feature in read.values():
        yield f"feature {feature.name}:"
        yield from _feature(feature)


def _looks(form: RuleSpec, pack: Pack) -> dict[str, str]:
    """Say what a form looks at."""
    return {
        "each": form.each + (", the first of each prescriber" if form.once else ""),
        "table": _table(form, pack),
        "visits": ", ".join(f"med_type {prefix}…" for prefix in form.med_types),
        "unless": "; ".join(_exemption(pack.exemptions[name]) for name in form.unless),
    }


def _history(forms: Sequence[RuleSpec]) -> str:
    """Say since when a rule can speak: what needs history has none when it is deployed."""
    needs = {name: span for form in forms for name, span in form.needs_history}
    return "; ".join(
        f"silent until {name} has seen {window_text(0, span)} of an entity, counted from its deployment"
        for name, span in needs.items()
    )


def _table(rule: RuleSpec, pack: Pack) -> str:
    if rule.table is None:
        return ""
    table = pack.knowledge.tables.get(rule.table)
    return (
        f"{rule.table} ({len(table)} rows)" if table is not None else f"{rule.table} (no file: the rule stays silent)"
    )


def _period(rule: RuleSpec) -> str:
    first = "" if rule.effective_from is None else f"from {format_date(rule.effective_from)} "
    last = "" if rule.effective_to is None else f"to {format_date(rule.effective_to)}"
    return (first + last).strip()


def _exemption(exemption: Exemption) -> str:
    return f"{exemption.name} ({exemption.doc})"


def _params(rule: RuleSpec) -> Iterator[Sequence[str]]:
    for name, value in rule.params.items():
        yield "  " + name, _value(value), *(_value(rule.areas[area].get(name)) for area in sorted(rule.areas))


def _value(value: Any) -> str:
    match value:
        case None:
            return "-"
        case Day():
            return format_date(value)
        case tuple():
            return "[" + ", ".join(map(str, value)) + "]"
        case Decimal():
            return str(value.normalize())
        case _:
            return str(value)


def _feature(feature: FeatureSpec) -> Iterator[str]:
    entries, size = state_bound(feature)
    if feature.aggregate == "past":
        period, every = window_text(0, feature.step), window_text(0, feature.every)
        weight = f", half weight after {window_text(0, feature.half_life)}" if feature.half_life else ""
        told = {
            "compares": f"the last {period} with such periods before, {every} apart{weight}, of {feature.base}",
            "needs": f"{window_text(0, feature.min_history)} of history",
            "state": "none of its own",
        }
    else:
        told = {
            "aggregate": feature.aggregate + (f" ({', '.join(feature.fields)})" if feature.fields else ""),
            "window": f"{window_text(feature.days, feature.span)}, {resolution_text(feature)}",
            "state": f"at most {entries:,} entries, about {size:,} bytes a key; {feature.fid}",
            "since": _since(feature),
        }
    yield from _pairs(
        {"doc": feature.doc, "scope": f"{feature.scope}, observed for each {feature.each}", **told},
    )


def _since(feature: FeatureSpec) -> str:
    """Say from when on a feature knows anything."""
    if feature.aggregate in {"log", "stays"}:
        return "what came after its deployment"
    return "first event of the entity after its deployment (the view's since and history)"


def _pairs(pairs: Mapping[str, str]) -> Iterator[str]:
    for name, value in pairs.items():
        if value:
            yield f"  {name:<11} {value}"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Count terminal columns: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
