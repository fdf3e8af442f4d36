"""Collects what the files of a pack declare; names must be unique over all files."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.language.functions import FUNCTION_NAMES
from streams.language.names import RESERVED
from streams.language.problems import did_you_mean

if TYPE_CHECKING:
    from streams.rules.places import Place, Problems
    from streams.rules.yaml_files import Item

KEYS = ("version", "exemptions", "features", "rules", "policy", "notes")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
RULE_ID = re.compile(r"[A-Z][A-Z0-9_]{0,15}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,63}")


@dataclass(slots=True)
class Declarations:
    """What all files of a pack declare, unchecked, in the order of files and lines."""

    version: Item | None = None
    policy: Item | None = None
    exemptions: dict[str, Item] = field(default_factory=dict)
    features: dict[str, Item] = field(default_factory=dict)
    rules: dict[str, Item] = field(default_factory=dict)
    notes: dict[str, Item] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    """Where each name is declared (``rule V02``, ``feature visits``)."""

    def take(self, root: Item, problems: Problems) -> None:
        """Add one file."""
        if root.kind != "mapping":
            problems.refuse(root.place, "", f"a rule file has the keys {', '.join(KEYS)}")
            return
        for key, value in root.items():
            if key.value in {"version", "policy"}:
                self._take_single(key, value, problems)
            elif key.value in KEYS:
                self._take_named(key, value, problems)
            else:
                problems.refuse(key.place, "", f"unknown key {key.value!r}", did_you_mean(key.value, KEYS))

    def _take_single(self, key: Item, value: Item, problems: Problems) -> None:
        first: Item | None = getattr(self, key.value)
        if first is not None:
            message = f"{key.value} stands twice, first in {first.place.file}:{first.place.line}"
            problems.refuse(key.place, "", message)
        else:
            setattr(self, key.value, value)

    def _take_named(self, key: Item, section: Item, problems: Problems) -> None:
        kind = key.value.removesuffix("s")
        if section.kind != "mapping":
            # An empty section is an empty text.
            if section.value:
                problems.refuse(section.place, "", f"{key.value} has names and values, this is a {section.kind}")
            return
        found: dict[str, Item] = getattr(self, key.value)
        for name, value in section.items():
            owner = f"{kind} {name.value}"
            fault = _name_fault(kind, name.value)
            if fault:
                problems.refuse(name.place, owner, fault)
            first = self.places.get(owner)
            if first is not None and first.file != name.place.file:
                problems.refuse(name.place, owner, f"declared twice, first in {first.file}:{first.line}")
            elif first is None:
                self.places[owner] = name.place
                found[name.value] = value

    def check_names(self, problems: Problems) -> None:
        """Report an exemption that has the name of a feature."""
        for name in self.exemptions:
            if name in self.features:
                problems.refuse(self.places[f"exemption {name}"], f"exemption {name}", "a feature has this name")


def _name_fault(kind: str, name: str) -> str:
    if kind == "rule":
        return "" if RULE_ID.fullmatch(name) else "a rule's id is capital letters and digits, such as V02"
    return name_fault(name)


def name_fault(name: str) -> str:
    """Say why a name cannot be used in expressions; empty if it can."""
    if not NAME.fullmatch(name):
        return "a name is small letters, digits and _, and begins with a letter"
    if name in RESERVED or name in FUNCTION_NAMES or keyword.iskeyword(name) or name in {"true", "false", "null"}:
        return f"{name} already means something in the language"
    return ""
