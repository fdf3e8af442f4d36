"""Runs a worker that is broken on purpose: the suite must notice.

`python -m tests.chaos --sabotage early-acknowledgement` runs the suite with such workers, and must fail. What is broken
is replaced here, in the test's own launcher; the product has no switch for it.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

from streams import cli

if TYPE_CHECKING:
    from collections.abc import Callable

LATE_S: Final = 2.0


def early_acknowledgement() -> None:
    """Offsets are committed at once, state is written some time later: a crash in between loses what it held."""
    from streams.topology import checkpoint  # noqa: PLC0415 - Faust is imported when it is certain that it is needed

    real = checkpoint.Checkpoint.__call__
    under_way: set[asyncio.Task[None]] = set()

    async def late(self: checkpoint.Checkpoint) -> None:
        async def after_a_while() -> None:
            await asyncio.sleep(LATE_S)
            await real(self)

        task = asyncio.ensure_future(after_a_while())
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    checkpoint.Checkpoint.__call__ = late  # type: ignore[method-assign]


def no_stamps() -> None:
    """Rows do not remember which inputs they hold: what is replayed after a crash is counted again."""
    from streams.engine import folding  # noqa: PLC0415

    class Forgetful(dict[int, int]):
        def get(self, _key: int, default: Any = None) -> Any:
            return default

    real = folding.Folding.fold

    def forgetful(self: Any, row: Any, *arguments: Any) -> None:
        row.stamps = Forgetful()
        real(self, row, *arguments)
        row.stamps = {}

    folding.Folding.fold = forgetful  # type: ignore[assignment,method-assign]


def no_memory() -> None:
    """Settlement rows are not written: what is repeated after a crash is answered on windows that know it already."""
    from streams.topology.screening import SettlementRows  # noqa: PLC0415

    def nothing(self: SettlementRows) -> list[tuple[int, str, bytes]]:
        self.changed.clear()
        return []

    SettlementRows.take = nothing  # type: ignore[method-assign]


SABOTAGE: Final[dict[str, Callable[[], None]]] = {
    "early-acknowledgement": early_acknowledgement,
    "no-stamps": no_stamps,
    "no-memory": no_memory,
}


def main() -> None:
    """Break the worker as the first argument says, and run it."""
    SABOTAGE[sys.argv[1]]()
    cli.main(["worker"])


if __name__ == "__main__":
    main()
