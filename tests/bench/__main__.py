"""`python -m tests.bench [NAME…]` runs the benchmarks, all or those named; each prints ratios to its own baseline."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "decode",
    "language",
    "metrics",
    "engine",
    "rules",
    "state",
    "store",
    "scoring",
    "model",
    "unknown",
    "recovery",
    "worker",
)


def main() -> None:
    """Run what was asked for."""
    chosen = sys.argv[1:] or NAMES
    for name in chosen:
        if name not in NAMES:
            sys.exit(f"no benchmark {name}; there are {', '.join(NAMES)}")
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        importlib.import_module(f"tests.bench.bench_{name}").main()


main()
