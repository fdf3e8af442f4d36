"""What the app runs beside its agents, and from when on."""

from __future__ import annotations

import asyncio

from streams.settings import Settings
from streams.topology.app import make_app


def test_what_runs_from_the_start_does_not_wait_for_rows_to_be_restored() -> None:
    """Faust's tasks do: a sink that nobody polled meanwhile took the worker for one that had stood still."""

    async def start() -> list[str]:
        app = make_app(Settings(bootstrap_servers="127.0.0.1:1"))
        begun: list[str] = []

        async def run(name: str) -> None:
            begun.append(name)

        app.from_the_start.append(lambda: run("from the start"))
        app.task(lambda: run("task"))  # begins in `on_started`, which waits for the first recovery
        await app.on_start()
        await asyncio.sleep(0)
        app.consumer._thread.thread_loop.close()
        return begun

    assert asyncio.run(start()) == ["from the start"]


def test_an_error_in_it_ends_the_app() -> None:
    """Nothing runs on without its sink."""

    async def start() -> BaseException | None:
        app = make_app(Settings(bootstrap_servers="127.0.0.1:1"))

        async def fail() -> None:
            raise ArithmeticError

        app.from_the_start.append(fail)
        await app.on_start()
        await asyncio.wait_for(app._crashed.wait(), 10)
        app.consumer._thread.thread_loop.close()
        return app.crash_reason

    assert isinstance(asyncio.run(start()), ArithmeticError)
