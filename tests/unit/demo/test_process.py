"""A child process ends when it is told to, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.demo.process import ChildProcess

SECONDS = 10
READY = "ready"
POLITE = f"print('{READY}', flush=True); import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {POLITE}"


def python(code: str, directory: Path) -> ChildProcess:
    """Start a Python program and wait for the first line it says."""
    child = ChildProcess([sys.executable, "-c", code], log=directory / "child.log")
    deadline = time.monotonic() + SECONDS
    while READY not in child.tail():
        assert time.monotonic() < deadline, child.tail()
        time.sleep(0.01)
    return child


def alive(pid: int) -> bool:
    """Whether a process runs: one that has ended but was not asked for its exit code does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("code", "grace", "ended_by"),
    [
        pytest.param(POLITE, SECONDS, signal.SIGTERM, id="a polite program ends by itself"),
        pytest.param(STUBBORN, 0.1, signal.SIGKILL, id="a stubborn one is killed after the grace"),
    ],
)
def test_stop(tmp_path: Path, code: str, grace: float, ended_by: signal.Signals) -> None:
    """Stopping asks first and kills what does not listen."""
    child = python(code, tmp_path)
    assert child.exit_code is None
    child.stop(grace)
    assert child.exit_code == -ended_by


def test_kill_twice(tmp_path: Path) -> None:
    """Killing a process that has ended does nothing."""
    child = python(POLITE, tmp_path)
    child.kill()
    child.kill()
    assert child.exit_code == -signal.SIGKILL


def test_tail_returns_the_last_lines(tmp_path: Path) -> None:
    """The end of the output, of both streams, can be shown in an error."""
    child = python(f"import sys; print('1\\n2\\n3\\n{READY}', file=sys.stderr)", tmp_path)
    child.stop(SECONDS)
    assert child.tail(2) == f"3\n{READY}"


def test_environment_is_the_given_one(tmp_path: Path) -> None:
    """A given environment replaces that of the parent."""
    code = f"import os; print(sorted(name for name in os.environ if name.startswith('PREWARN')), '{READY}')"
    child = ChildProcess([sys.executable, "-c", code], log=tmp_path / "log", env={"PREWARN_X": "1"})
    deadline = time.monotonic() + SECONDS
    while child.exit_code is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert child.tail() == f"['PREWARN_X'] {READY}"


def test_ctrl_c_in_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    """The child has a session of its own, so the parent stops its children in the right order."""
    child = python(POLITE, tmp_path)
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        child.kill()


def test_missing_program(tmp_path: Path) -> None:
    """A program that is not installed is named."""
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        ChildProcess(["no-such-program"], log=tmp_path / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
@pytest.mark.parametrize(
    "end", ["os.kill(os.getpid(), 9)", "sys.exit(1)", "os._exit(0)"], ids=["SIGKILL", "exit", "sudden exit"]
)
def test_child_dies_with_its_parent(tmp_path: Path, end: str) -> None:
    """However the parent ends, the child ends as well."""
    code = f"""
import os, sys, time, pathlib
from streams.demo.process import ChildProcess
log = pathlib.Path({str(tmp_path / "child.log")!r})
child = ChildProcess([sys.executable, "-c", {STUBBORN!r}], log=log)
while {READY!r} not in child.tail(): time.sleep(0.01)
print(child.pid, flush=True)
{end}
"""
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=False)
    pid = int(parent.stdout)
    deadline = time.monotonic() + SECONDS
    while alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
