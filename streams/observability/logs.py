"""Log lines for people or machines, without personal data and without floods.

Our own messages name fields and coordinates, never values. Exceptions of the language and of decoders do quote what
they choked on, so of those only the type and the place are logged; and of what callers attach to a line, only the
keys that are known to be harmless.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final, TextIO

from streams.observability.repeats import CollapseRepeats

if TYPE_CHECKING:
    from types import TracebackType

BEIJING: Final = timezone(timedelta(hours=8))
"""As in the records, so that lines and results can be laid side by side."""
ATTACHED: Final = frozenset(
    {
        "topic",
        "partition",
        "offset",
        "setl_id",
        "event_id",
        "rule_id",
        "reason",
        "detail",
        "stage",
        "records",
        "seconds",
    }
)
"""What `extra=` may add to a line."""
QUIET: Final = ("aiokafka", "faust", "mode", "kafka", "asyncio")
"""Libraries whose progress reports are of no use to operators; their warnings are."""
_OWN: Final = ("streams.", "models.", "faust.", "mode.", "aiokafka.", "kafka.", "confluent_kafka.", "cimpl", "ssl")


def configure(level: str = "INFO", form: str = "text", stream: TextIO | None = None) -> None:
    """Set up logging for the process; what was set up before is replaced.

    Args:
        level: DEBUG, INFO, WARNING or ERROR; libraries speak from WARNING on unless it is DEBUG.
        form: `text` for people or `json` for machines, one object a line.
        stream: Where lines go; standard error when left out.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    handler.addFilter(plain_exceptions)
    handler.addFilter(CollapseRepeats())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "DEBUG" else logging.WARNING)
    logging.captureWarnings(capture=True)


def describe(error: BaseException) -> str:
    """Return what may be logged of an exception: its type and, where it cannot quote a record, its message."""
    kind = type(error)
    name = kind.__qualname__
    own = f"{kind.__module__}.".startswith(_OWN) or isinstance(error, OSError | ImportError)
    message = str(error).strip() if own else ""
    return f"{name}: {message}" if message else name


def plain_exceptions(record: logging.LogRecord) -> bool:
    """Replace exceptions among a line's arguments by what may be logged of them."""
    if isinstance(record.args, tuple):
        record.args = tuple(describe(arg) if isinstance(arg, BaseException) else arg for arg in record.args)
    return True


class TextLines(logging.Formatter):
    """`2026-01-31T08:00:00.000+08:00 INFO streams.topology.worker: message topic=… partition=…`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the places of an exception below it."""
        attached = "".join(f" {key}={value}" for key, value in _attached(record).items())
        line = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}{attached}"
        return "\n".join([line, *_places(record)])


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what is attached, and the places of an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_attached(record),
        }
        if places := _places(record):
            line["exception"] = "\n".join(places)
        return json.dumps(line, ensure_ascii=False, default=str)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, BEIJING).isoformat(timespec="milliseconds")


def _attached(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key in ATTACHED}


def _places(record: logging.LogRecord) -> list[str]:
    """Return where an exception came from, outermost call first, and each that caused it; no values, no source."""
    lines: list[str] = []
    error = record.exc_info[1] if record.exc_info else None
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines.append(f"  {'caused by ' if lines else ''}{describe(error)}")
        lines += [f"    at {place}" for place in places(error.__traceback__)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


def places(trace: TracebackType | None) -> list[str]:
    """Return `file:line in function` for each call of a traceback, outermost first."""
    return [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in traceback.extract_tb(trace)]
