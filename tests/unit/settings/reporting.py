"""What the tests of settings share: how a bad environment is reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.settings import SettingsError, load

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0123456789abcdef"


def problems(environ: dict[str, str], *required: str) -> list[str]:
    """Return the lines a bad environment is reported with."""
    with pytest.raises(SettingsError) as caught:
        load(environ, required=required)
    assert str(caught.value).splitlines() == [str(problem) for problem in caught.value.problems]
    return [str(problem) for problem in caught.value.problems]


def write(path: Path, text: str) -> str:
    """Write a file and return its name."""
    path.write_text(text, encoding="utf-8")
    return str(path)
