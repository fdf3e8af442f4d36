"""Cost of decoding one event of five lines, beside plain `orjson.loads` of the same bytes in the same run.

Run: ``python -m tests.bench.bench_decode``
"""

from __future__ import annotations

import json
import sys
import timeit
from pathlib import Path

import orjson

from streams.contract.decode import decode_event

EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"
LINES = 5
ROUNDS = 15
CALLS = 4_000


def event_of_lines(count: int) -> bytes:
    """Return the first example settlement with its two lines repeated to `count` lines."""
    event = json.loads((EXAMPLES / "valid-events.jsonl").read_text("utf-8").splitlines()[0])
    lines = event["feedetail"]
    event["feedetail"] = [dict(lines[i % len(lines)], feedetl_sn=str(i + 1)) for i in range(count)]
    return orjson.dumps(event)


def main() -> None:
    """Print microseconds for each event, best of several interleaved rounds, and the ratio."""
    raw = event_of_lines(LINES)
    plain, decode = [], []
    for _ in range(ROUNDS):
        plain.append(timeit.timeit(lambda: orjson.loads(raw), number=CALLS) / CALLS * 1e6)
        decode.append(timeit.timeit(lambda: decode_event(raw, arrived=None), number=CALLS) / CALLS * 1e6)
    best_plain, best = min(plain), min(decode)
    sys.stdout.write(
        f"{LINES} lines, {len(raw)} bytes: orjson.loads {best_plain:.2f} us, decode_event {best:.2f} us, "
        f"ratio {best / best_plain:.2f}\n",
    )


if __name__ == "__main__":
    main()
