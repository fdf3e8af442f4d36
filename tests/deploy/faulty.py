"""Workers that are not well, for `make faults`: `python -m tests.deploy.faulty NAME` is `prewarn worker` with that.

What is broken is replaced here, in the test's own launcher; the product has no switch for it.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

from streams import cli

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_LITTLE: Final = 64 << 20
"""Less memory than any worker has, bytes."""


def model() -> None:
    """A release with a bug: the model cannot score."""
    from models import online  # noqa: PLC0415 - what is not broken is imported as ever

    def fail(*_: object) -> NoReturn:
        raise ArithmeticError("a bug in this release")

    online.OnlineModel.score = fail  # type: ignore[assignment,method-assign]


def throttled() -> None:
    """Brokers give it nothing of what it would copy."""
    from streams.topology import standby  # noqa: PLC0415

    class Throttled(standby.Consumer):  # type: ignore[name-defined,misc]
        def assign(self, _places: list[Any]) -> None:
            """Ask for nothing: nothing would come."""

        def consume(self, _most: int, seconds: float) -> list[Any]:
            time.sleep(seconds)
            return []

    standby.Consumer = Throttled  # type: ignore[attr-defined]


def confined() -> None:
    """Its container has too little memory for it."""
    from streams import memory  # noqa: PLC0415

    def limit() -> int:
        return TOO_LITTLE

    memory.limit_bytes = limit  # type: ignore[assignment]


def watchful() -> None:
    """Its model looks for drift at every settlement, not at one in 32: here all times are thirty times shorter."""
    from models import drift  # noqa: PLC0415

    drift.WATCH_ONE_IN = 1  # type: ignore[misc]


ILLS: Final[dict[str, Callable[[], None]]] = {each.__name__: each for each in (model, throttled, confined, watchful)}


def release(ill: Callable[[], None]) -> tuple[str, ...]:
    """What the Python of the tests is given to run such a worker."""
    return ("-m", "tests.deploy.faulty", ill.__name__)


def main() -> None:
    """Make a worker ill as the first argument says, and run it."""
    ILLS[sys.argv[1]]()
    cli.main(["worker"])


if __name__ == "__main__":
    main()
