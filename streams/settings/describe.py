"""The settings as documentation: rows for a table, and the example environment file made from them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.settings.fields import env_name, is_secret, kind_of
from streams.settings.model import SETTINGS
from streams.settings.sources import CONFIG, FILE

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Iterator, Mapping

WIDTH: Final = 110
HEAD: Final = f"""\
# Settings of prewarn, all optional but PREWARN_PERSON_KEY; a line begins to count when its "#" is taken away.
# An empty value counts as not set. {CONFIG} may name a TOML file with the same settings under their names in small
# letters without the prefix (partitions = 24); the environment wins. A secret may come from a file instead: the
# same variable with {FILE} at its end holds the file's name. Unknown names are errors.
# Made by `python -m streams.settings`; a test holds it equal to the code.
"""


class Row(NamedTuple):
    """One setting, as documentation shows it: all texts."""

    section: str
    name: str
    variable: str
    kind: str
    default: str
    secret: bool
    doc: str


def describe() -> list[Row]:
    """Return a row for each setting, in the order of the code."""
    return [
        Row(
            section=field.metadata["section"],
            name=field.name,
            variable=env_name(field.name),
            kind=kind_of(field).name,
            default=_default(field),
            secret=is_secret(field),
            doc=field.metadata["doc"],
        )
        for field in SETTINGS
    ]


def _default(field: dataclasses.Field[Any]) -> str:
    """Return the default as one would write it; empty for none."""
    shown: str | None = field.metadata["shown"]
    if shown is not None:
        return shown
    value = field.default
    if value is None or isinstance(value, str | Path):
        return str(value or "")
    return str(value).lower() if isinstance(value, bool) else f"{value:.15g}"


def env_example() -> str:
    """Return the text of `deploy/prewarn.env.example`."""
    return HEAD + "".join(env_lines({}))


def env_lines(values: Mapping[str, str]) -> Iterator[str]:
    """Yield an environment file that documents every setting; those named in `values` (by variable) count."""
    unsaid = dict(values)
    section = ""
    for row in describe():
        if row.section != section:
            section = row.section
            yield f"\n# ---- {section} ----\n"
        facts = row.kind + (f"; or {row.variable}{FILE}" if row.secret else "")
        yield "\n"
        for line in textwrap.wrap(f"{row.doc} ({facts})", WIDTH, break_on_hyphens=False):
            yield f"# {line}\n"
        variable = row.variable + FILE if row.variable + FILE in unsaid else row.variable
        value = "" if " " in row.default else row.default
        yield f"{variable}={unsaid.pop(variable)}\n" if variable in unsaid else f"#{variable}={value}\n"
    if unsaid:
        raise KeyError(f"no such settings: {', '.join(unsaid)}")
