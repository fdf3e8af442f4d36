"""Coverage-guided fuzzing: `python -m tests.fuzz TARGET [SECONDS]` (needs atheris; `make fuzz` runs all targets).

An input that breaks a target is written to the current folder, and the exit status is not 0.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["streams"]):
    from tests.fuzz.targets import TARGETS, seeds

MAX_LENGTH = 8_192
EACH_S = 20


def main(name: str, seconds: str = "60") -> None:
    """Fuzz one target for some time; starts from the seeds."""
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds(name)):
            (Path(folder) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={MAX_LENGTH}", f"-timeout={EACH_S}", "-seed=1"]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", folder], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
