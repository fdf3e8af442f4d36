"""What is known of a setting beside its type and default: how it is read, where it stands, what it does."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from streams.settings.places import shipped

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from streams.settings.kinds import Kind

PREFIX: Final = "PREWARN_"

KAFKA: Final = "Kafka connection"
TOPICS: Final = "Topics"
SCREENING: Final = "Screening"
CONSUMING: Final = "Consuming and producing"
OPERATIONS: Final = "Operations"


def about(kind: Kind, section: str, doc: str, *, shown: str | None = None) -> Mapping[str, Any]:
    """Return what is known of a setting beside its type and default.

    Args:
        kind: How it is read.
        section: The heading it stands under in the docs.
        doc: What it does and when to change it.
        shown: What the docs say instead of the default, where that depends on the machine.
    """
    return {"kind": kind, "section": section, "doc": doc, "shown": shown}


def no_names() -> Mapping[str, str]:
    """Return the empty mapping: no name is overridden."""
    return MappingProxyType({})


def shipped_in(name: str) -> Callable[[], Path]:
    """Return a function that gives a directory of the shipped `deploy/`."""
    return lambda: shipped(name)


def env_name(name: str) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + name.upper()


def kind_of(setting: dataclasses.Field[Any]) -> Kind:
    """Return how a setting is read."""
    kind: Kind = setting.metadata["kind"]
    return kind


def is_secret(setting: dataclasses.Field[Any]) -> bool:
    """Tell whether a setting is never shown (and may be read from the file that `<NAME>_FILE` names)."""
    return "Secret" in str(setting.type)
