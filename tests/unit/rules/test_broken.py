"""Every mistake an analyst has made: the pack is refused, with the file and line of the mistake.

Each folder of ``broken/`` is a pack with one kind of mistake; ``expected.txt`` has the beginning of each report.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.language.problems import PackError
from streams.rules.pack import load_pack

BROKEN = Path(__file__).parent / "broken"
FOLDERS = sorted(path.name for path in BROKEN.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", FOLDERS)
def test_every_mistake_is_reported_where_it_is(name: str) -> None:
    """All problems of the pack, and only those, each beginning as expected."""
    folder = BROKEN / name
    knowledge = folder / "knowledge"
    try:
        pack = load_pack(folder / "rules", knowledge if knowledge.is_dir() else None)
    except PackError as error:
        problems = error.problems
        refused = True
    else:
        problems = list(pack.warnings)
        refused = False

    found = sorted(str(problem).removeprefix(f"{folder}/") for problem in problems)
    expected = sorted((folder / "expected.txt").read_text(encoding="utf-8").splitlines())
    assert len(found) == len(expected), found
    for actual, beginning in zip(found, expected, strict=True):
        assert actual.startswith(beginning), actual
    assert refused == any(": error: " in line for line in expected)
