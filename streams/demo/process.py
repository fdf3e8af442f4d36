"""A program run beside this one that never outlives it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Runs between fork and the real program: a preexec_fn would do the same but is not safe where threads are running.
# 1 is PR_SET_PDEATHSIG of linux/prctl.h; the parent may have died before the call, so it is asked for afterwards.
_TIE_TO_PARENT: Final = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class ChildProcess:
    """A started program with its output in a file.

    It runs in a session of its own, so that Ctrl-C in the terminal reaches this program alone, which then stops its
    children in the right order. When this program ends without doing so, the child is killed: by the kernel on Linux
    (also after SIGKILL), by an exit handler elsewhere.

    On Linux the child is bound to the *thread* that starts it: start it from one that lives long enough.

    Args:
        command: Program and arguments.
        log: File that its output is appended to.
        env: Its whole environment; that of this program when absent.

    Raises:
        FileNotFoundError: The program is not on the PATH.
    """

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        program = shutil.which(command[0])
        if program is None:
            raise FileNotFoundError(f"program not found: {command[0]}")
        arguments = [program, *command[1:]]
        if sys.platform == "linux":
            arguments = [sys.executable, "-I", "-S", "-c", _TIE_TO_PARENT, str(os.getpid()), *arguments]
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - no shell, and the caller names the program
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code (minus the signal's number when a signal ended it), or None while it runs."""
        return self._process.poll()

    def stop(self, grace: float) -> None:
        """Ask it to end, and kill it when it has not after `grace` seconds."""
        self._process.terminate()
        try:
            self._process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once; nothing happens when it has ended already."""
        self._process.kill()
        self._process.wait()
        atexit.unregister(self.kill)

    def tail(self, lines: int = 20) -> str:
        """Return the last lines of its output."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])
