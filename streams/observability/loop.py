"""Watches the event loop from inside: every wake-up is a heartbeat, every delay is work that blocked it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from streams.observability.health import Health
    from streams.observability.metrics import Metrics

EVERY_S: Final = 0.5


async def watch_loop(health: Health, metrics: Metrics, every_s: float = EVERY_S) -> NoReturn:
    """Wake up regularly until cancelled; run it as a task of the worker's loop."""
    while True:
        asked = time.monotonic() + every_s
        await asyncio.sleep(every_s)
        metrics.event_loop_lag.observe(max(0.0, time.monotonic() - asked))
        health.beat()
