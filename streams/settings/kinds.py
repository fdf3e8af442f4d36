"""The kinds of value a setting can have: how each is read from text or TOML and what it is called in the docs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

TRUE: Final = frozenset({"true", "yes", "on", "1"})
FALSE: Final = frozenset({"false", "no", "off", "0"})
_INTEGER: Final = re.compile(r"\s*[+-]?\d+(_\d+)*\s*", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_BROKER: Final = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
MAX_PORT: Final = 65_535
MAX_TOPIC_NAME: Final = 249  # Kafka's own limit


class Secret:
    """A value that never shows itself: `repr`, `str` and formatting are masked, `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def encode(self) -> bytes:
        """Return the text as UTF-8 bytes, the form a key for a hash takes."""
        return self._value.encode()

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True)
class Kind:
    """How one kind of value is read.

    Attributes:
        name: What the docs call it, bounds included.
        read: From the text of an environment variable or a TOML value to the setting's value; raises `ValueError`
            with a reason that never quotes the value of a secret.
    """

    name: str
    read: Callable[[object], Any] = field(repr=False)


def _text_of(raw: object, what: str) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"must be {what}")  # noqa: TRY004 (one exception type for every unusable value)
    return raw.strip()


def text(pattern: re.Pattern[str] | None = None, what: str = "text") -> Kind:
    """Text, all of which must match `pattern` if there is one; `what` names it in messages and docs."""

    def read(raw: object) -> str:
        value = _text_of(raw, what)
        if pattern is not None and not pattern.fullmatch(value):
            raise ValueError(f"must be {what}, not {value!r}")
        return value

    return Kind(what, read)


def name() -> Kind:
    """A Kafka name: a group, a client, a topic prefix."""
    return text(re.compile(r"[A-Za-z0-9._-]+"), "letters, digits, '.', '_' and '-'")


def choice(*allowed: str) -> Kind:
    """One of a few words."""
    words = " | ".join(allowed)

    def read(raw: object) -> str:
        value = _text_of(raw, f"one of {words}")
        if value not in allowed:
            raise ValueError(f"must be one of {words}, not {value!r}")
        return value

    return Kind(words, read)


def switch() -> Kind:
    """True or false."""

    def read(raw: object) -> bool:
        if isinstance(raw, bool):
            return raw
        word = raw.strip().lower() if isinstance(raw, str) else ""
        if word in TRUE or word in FALSE:
            return word in TRUE
        raise ValueError(f"must be true or false, not {raw!r}")

    return Kind("true | false", read)


def integer(low: int, high: int, unit: str = "") -> Kind:
    """A whole number within bounds, both inclusive."""
    what = f"a whole number from {low} to {high} {unit}".rstrip()

    def read(raw: object) -> int:
        value = raw if isinstance(raw, int) and not isinstance(raw, bool) else None
        if isinstance(raw, str) and _INTEGER.fullmatch(raw):
            value = int(raw)
        if value is None or not low <= value <= high:
            raise ValueError(f"must be {what}, not {raw!r}")
        return value

    return Kind(what, read)


def number(low: float, high: float, unit: str) -> Kind:
    """A number within bounds, both inclusive."""
    what = f"a number from {low:.15g} to {high:.15g} {unit}"

    def read(raw: object) -> float:
        try:
            value = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f"must be {what}, not {raw!r}")
        return value

    return Kind(what, read)


def secret(low: int = 1, high: int = 65_536) -> Kind:
    """Text of `low` to `high` bytes that is never shown."""

    def read(raw: object) -> Secret:
        if not isinstance(raw, str):
            raise ValueError("must be text")  # noqa: TRY004 (one exception type for every unusable value)
        if not low <= len(raw.encode()) <= high:
            raise ValueError(f"must be {low} to {high} bytes long")
        return Secret(raw)

    return Kind("secret text", read)


def file() -> Kind:
    """A file that exists."""

    def read(raw: object) -> Path:
        path = Path(_text_of(raw, "a file"))
        if not path.is_file():
            raise ValueError(f"no such file: {path}")
        return path

    return Kind("a file", read)


def directory() -> Kind:
    """A directory. It is opened by whoever reads it, so that commands without use for it do not need it."""
    return Kind("a directory", lambda raw: Path(_text_of(raw, "a directory")))


def brokers() -> Kind:
    """A comma-separated list of `host:port`; IPv6 hosts in brackets."""
    what = "host:port, comma-separated"

    def read(raw: object) -> str:
        parts = [part.strip() for part in _text_of(raw, what).split(",")]
        for part in parts:
            match = _BROKER.fullmatch(part)
            if match is None or not 0 < int(match.group(2)) <= MAX_PORT:
                raise ValueError(f"must be {what}, not {part!r}")
        return ",".join(parts)

    return Kind(what, read)


def names() -> Kind:
    """A mapping from names to names: `a=b,c=d` in the environment, a table in TOML."""
    what = "name=name, comma-separated"

    def pairs(raw: object) -> list[tuple[object, object]]:
        if isinstance(raw, Mapping):
            return list(raw.items())
        parts = [part for part in _text_of(raw, what).split(",") if part.strip()]
        return [(left.strip(), right.strip()) for left, _, right in (part.partition("=") for part in parts)]

    def read(raw: object) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for left, right in pairs(raw):
            for side in (left, right):
                if not isinstance(side, str) or not _NAME.fullmatch(side) or len(side) > MAX_TOPIC_NAME:
                    raise ValueError(f"must be {what}, not {left}={right}")
            if left in found:
                raise ValueError(f"names {left} twice")
            found[str(left)] = str(right)
        return MappingProxyType(found)

    return Kind(what, read)
