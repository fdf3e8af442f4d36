"""YAML documents as a person would write them: long texts as blocks, the order of the code, and who made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and never an alias."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def literal(file: Path) -> Any:
    """Return what a YAML file says."""
    return yaml.safe_load(file.read_text("utf-8"))


def document(content: dict[str, Any], source: str) -> str:
    """Return one document, which says what it was made from."""
    return sequence([content], source)


def sequence(contents: Iterable[dict[str, Any]], source: str) -> str:
    """Return several documents in one file."""
    head = f"# Made by `python -m deploy.generator` from {source}.\n"
    return head + yaml.dump_all(contents, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
