"""`prewarn demo` as a newcomer runs it."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.stream.process import environment

pytestmark = pytest.mark.slow

SHAPES = ("P02", "P15", "V02", "G02", "R03", "T01")


def test_the_demo_shows_every_shape_and_leaves_nothing_behind() -> None:
    """Half a minute shows alerts of every kind with their Chinese reasons and a summary, and ends all it began."""
    mark = f"mark-{uuid.uuid4().hex}"
    command = [sys.executable, "-m", "streams.cli", "demo", "--seconds", "25"]
    env = environment("localhost:9") | {"TESTS_MARK": mark}
    done = subprocess.run(command, env=env, timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [rule_id for rule_id in SHAPES if f"] {rule_id} " not in done.stdout] == []
    assert "各规则预警数" in done.stdout
    assert _processes_with(mark) == []


def _processes_with(mark: str) -> list[str]:
    """Return the command lines of the processes whose environment carries the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found
