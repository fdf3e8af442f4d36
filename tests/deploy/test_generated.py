"""Files that are made say what they are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.generator.files import ROOT, made

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", made(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_made_file_is_what_its_sources_say(path: Path) -> None:
    """Topics, users, rules, pack, .env and dashboards: `python -m deploy.generator` makes them anew."""
    assert path.read_text("utf-8") == made()[path]
