"""Reads a rule's parameters and their overrides by area."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.language.params import ParamTable, Raw, type_of
from streams.language.problems import did_you_mean
from streams.language.types import INT, NUMBER
from streams.rules.declarations import NAME
from streams.rules.section import raw_value

if TYPE_CHECKING:
    from streams.rules.section import Section
    from streams.rules.yaml_files import Item

AREA = re.compile(r"[0-9]{1,6}")


def read_params(section: Section) -> ParamTable:
    """Read ``params`` and ``areas``; what was reported has no type, and is passed over where it is used."""
    values: dict[str, Raw] = {}
    for key, item in section.named("params"):
        if not NAME.fullmatch(key.value):
            section.refuse(key, "a parameter's name is small letters, digits and _")
        values[key.value] = _value(section, key, item)
    areas: dict[str, dict[str, Raw]] = {}
    for key, item in section.named("areas"):
        if not AREA.fullmatch(key.value):
            section.refuse(key, f"{key.value!r} is not an area prefix", "one to six digits, in quotes")
        elif item.kind != "mapping":
            section.refuse(item, f"area {key.value} has parameters and their values")
        else:
            areas[key.value] = _changed(section, values, item)
    return ParamTable(values, areas)


def _value(section: Section, key: Item, item: Item) -> Raw:
    raw = raw_value(item)
    if type_of(raw) is None:
        hint = "a number, a text, a date, true or false, or a list of texts or of whole numbers"
        section.refuse(item, f"parameter {key.value} has no such value", hint)
        return None
    return raw


def _changed(section: Section, values: dict[str, Raw], item: Item) -> dict[str, Raw]:
    changed: dict[str, Raw] = {}
    for key, value in item.items():
        if key.value not in values:
            section.refuse(key, f"the rule has no parameter {key.value!r}", did_you_mean(key.value, values))
            continue
        raw = _value(section, key, value)
        types = {type_of(raw), type_of(values[key.value])} - {None}
        if len(types) > 1 and types != {INT, NUMBER}:
            section.refuse(value, f"parameter {key.value} is {type_of(values[key.value])} elsewhere")
            continue
        changed[key.value] = raw
    return changed
