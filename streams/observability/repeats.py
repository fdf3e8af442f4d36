"""Keeps libraries from flooding the log: the same line at most once every ten seconds, with a count."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_S: Final = 10.0
WATCHED: Final = ("aiokafka", "kafka", "librdkafka", "faust", "mode")
MAX_LINES: Final = 256
"""Different lines remembered; more would mean that lines are not the same after all."""
# What differs between otherwise equal complaints: durations, their counters, addresses of objects.
_VARYING: Final = re.compile(r"\d+(?:\.\d+)?(?= ?(?:ms|s|seconds)\b)|\d+(?= identical)|0x[0-9a-f]+")


class CollapseRepeats(logging.Filter):
    """Lets a library's line through once in ten seconds; the next one then says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lines: dict[tuple[str, int, str], _Repeats] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is to be written, and add the count to one that follows repeats."""
        if record.name.partition(".")[0] not in WATCHED:
            return True
        now = self._clock()
        message = record.getMessage()
        key = record.name, record.levelno, _VARYING.sub("#", message)
        repeats = self._lines.pop(key, None)
        if repeats is None:
            self._lines[key] = _Repeats(now)
            if len(self._lines) > MAX_LINES:
                del self._lines[next(iter(self._lines))]
            return True
        self._lines[key] = repeats  # to the end: the one longest unheard is forgotten first
        if now - repeats.shown < EVERY_S:
            repeats.suppressed += 1
            return False
        if repeats.suppressed:
            record.msg = f"{message} (and {repeats.suppressed} times more in the last {now - repeats.shown:.0f} s)"
            record.args = ()
        repeats.shown, repeats.suppressed = now, 0
        return True


class _Repeats:
    """When a line was last shown and how often it was left out since."""

    __slots__ = ("shown", "suppressed")

    def __init__(self, shown: float) -> None:
        self.shown = shown
        self.suppressed = 0
