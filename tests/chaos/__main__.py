"""`python -m tests.chaos`: the long form of the suite."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.faults import named
from tests.chaos.run import Plan, run


def main() -> int:
    """Run it; returns 0 only when nothing was lost, duplicated or differing."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--settlements", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--brokers", type=int, default=3, choices=(1, 3))
    parser.add_argument("--faults", type=int, help="how many; default: one for each 42,000 lines, at least 12")
    parser.add_argument("--only", metavar="KIND", nargs="+", default=[], help='only such faults, as "pause for long"')
    parser.add_argument("--sabotage", help="break the worker on purpose: see tests/chaos/sabotage.py")
    parser.add_argument("--keep", type=Path, help="leave input, logs and results in this folder")
    asked = parser.parse_args()
    try:
        only = [named(name) for name in asked.only]
    except ValueError as error:
        parser.error(str(error))
    command = Plan.command if asked.sabotage is None else ("-m", "tests.chaos.sabotage", asked.sabotage)
    plan = Plan(asked.settlements, asked.seed, asked.workers, asked.brokers, asked.faults, only, command=command)
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="prewarn-chaos-"))
    if asked.keep is not None:
        asked.keep.mkdir(parents=True)
    try:
        verdict = run(plan, folder, lambda line: print(line, flush=True))  # noqa: T201 - a command's output
    finally:
        shutil.rmtree(folder if asked.keep is None else folder / "kafka", ignore_errors=True)
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
