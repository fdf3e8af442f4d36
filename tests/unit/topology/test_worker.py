"""How a worker ends."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import faust

from streams.topology.worker import _run_faust

if TYPE_CHECKING:
    import pytest


def test_threads_have_ended_when_faust_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faust closes its loop while a thread still works on rows: they are not put away before that one has ended."""
    ended = []

    def work() -> None:
        time.sleep(0.3)
        ended.append(True)

    async def begin(worker: faust.Worker) -> None:
        worker.loop.run_in_executor(None, work)

    def run(worker: faust.Worker) -> None:
        worker.loop.run_until_complete(begin(worker))
        worker.loop.close()
        raise SystemExit(3)

    monkeypatch.setattr(faust.Worker, "execute_from_commandline", run)
    app = faust.App("test-of-the-end", broker="kafka://127.0.0.1:1", web_enabled=False)
    assert _run_faust(app, lambda: None) == 3
    assert ended == [True]
