"""What ``prewarn rules list`` and ``show`` print."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from streams.contract.time import format_date
from streams.language.params import Day
from streams.rules.bounds import state_bound
from streams.rules.windows import window_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from streams.rules.specs import Exemption, FeatureSpec, Pack, RuleSpec

TITLES = ("ID", "NAME", "MODE", "SEVERITY", "EACH", "TABLE", "READS")


def pack_table(pack: Pack) -> Iterator[str]:
    """Print a pack: a line for each rule, in columns."""
    rows = [TITLES]
    for rule in pack.rules:
        reads = [feature.name for feature in rule.features] + sorted(rule.references)
        severity = rule.source["severity"]
        shown = severity if severity.isdigit() else "varies"
        row = (rule.rule_id, rule.name, rule.mode, shown, rule.each, rule.table or "-", ", ".join(reads) or "-")
        rows.append(row)
    yield from _columns(rows)


def rule_sheet(rule: RuleSpec, pack: Pack) -> Iterator[str]:
    """Print everything about a rule."""
    yield f"{rule.rule_id} {rule.name}  ({rule.mode}, pack {pack.version})"
    yield from _pairs(
        {
            "doc": rule.doc,
            "file": f"{rule.file}:{rule.line}",
            "each": rule.each,
            "table": _table(rule, pack),
            "visits": ", ".join(f"med_type {prefix}…" for prefix in rule.med_types),
            "effective": _period(rule),
            "unless": "; ".join(_exemption(pack.exemptions[name]) for name in rule.unless),
            **{key: " ".join(text.split()) for key, text in rule.source.items()},
            "basis": rule.basis,
            "references": ", ".join(sorted(rule.references)),
        }
    )
    if rule.params:
        yield "parameters:"
        yield from _columns([("  NAME", "DEFAULT", *sorted(rule.areas)), *_params(rule)])
    for feature in rule.features:
        yield f"feature {feature.name}:"
        yield from _feature(feature)


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
    yield from _pairs(
        {
            "doc": feature.doc,
            "scope": f"{feature.scope}, observed for each {feature.each}",
            "aggregate": feature.aggregate + (f" ({', '.join(feature.fields)})" if feature.fields else ""),
            "window": window_text(feature.days, feature.span),
            "state": f"at most {entries:,} entries, about {size:,} bytes a key; {feature.fid}",
        }
    )


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
