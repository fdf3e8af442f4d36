"""Programs that serve pages, started and waited for."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from streams.demo.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START_SECONDS: Final = 60.0


def serving(command: Sequence[str], log: Path, ready: str) -> ChildProcess:
    """Return a started program whose page `ready` (an URL) answers.

    Raises:
        RuntimeError: It ended, or does not answer; with what it said.
    """
    process = ChildProcess(command, log=log)
    deadline = time.monotonic() + START_SECONDS
    while not answers(ready):
        if process.exit_code is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(log.read_text("utf-8")[-3000:])
        time.sleep(0.1)
    return process


def answers(url: str) -> bool:
    """Whether a page can be had."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - an address of this machine
            return True
    except OSError:
        return False


def asked(url: str) -> Any:
    """Return what a page of JSON says."""
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - as above
        return json.load(answer)
