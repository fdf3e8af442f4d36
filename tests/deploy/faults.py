"""`make faults`: does things to real workers on a real Kafka and looks which alerts a real Prometheus raises.

    python -m tests.deploy.faults            every fault of troubles.py, about twenty minutes
    python -m tests.deploy.faults --short    those CI runs, about three
    python -m tests.deploy.faults --only "a broker" --only "all workers"    those whose names begin so

The workers are those of the manifests: their settings, TLS, SCRAM and rights. The rules are the shipped ones with every
time `FACTOR` times shorter (see scaling.py); expressions and thresholds are the same. A fault's alerts must fire, those
that an outage may bring with it may, and all others must stay silent; where others use the machine too ("waited" says
how much), what makes answers late is shown and not judged. While a fault lasts the commands of its alerts'
runbooks are given and have to say what it is; those that cure it are given afterwards; and in the end every alert must
be quiet again. Every expression of every dashboard and rule must have had a value on that Prometheus.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.deploy.installation import Installation
from tests.deploy.seen import unseen
from tests.deploy.troubles import ELSEWHERE, FAULTS, PATIENCE, Fault
from tests.deploy.waiting import Waiting

FACTOR: Final = 30.0
AFTERMATH_SECONDS: Final = 4.0
"""After a fault is over: what it sets off may take an evaluation or two."""
ALWAYS: Final = {"PrewarnWatchdog"}
MACHINE: Final = frozenset(
    {
        "PrewarnErrorBudgetBurnFast",
        "PrewarnErrorBudgetBurnSlow",
        "PrewarnResultsPartial",
        "PrewarnEventLoopBlocked",
        "PrewarnCanaryLate",
        "PrewarnWorkerDown",  # a scrape has one second here
        "PrewarnFleetAbsent",
    }
)
BUSY: Final = 0.1
"""Share of a fault's time for which a worker waited for a processor above which `MACHINE` alerts are shown and not
judged: then others use the machine, answers are late in truth, and no fault made them so."""
LONG: Final = {"PrewarnErrorBudgetBurnSlow", "PrewarnDecisionMixShifted", "PrewarnModelDrift"}
"""What is not waited for at the end: windows of six hours or a day have to pass first, twelve minutes or 48 here."""


@dataclass
class Seen:
    """What became of one fault."""

    fault: Fault
    before: set[str]
    """Alerts that fired before it began."""
    fired: set[str] = field(default_factory=set)
    """Alerts that fired at any time between its beginning and its end's aftermath."""
    wrong: list[str] = field(default_factory=list)
    """What the runbooks' commands did not say."""
    ended: float = 0.0
    """When it was undone (epoch seconds)."""
    waited: float = 0.0
    """Share of its time for which a worker waited for a processor."""
    quiet_s: float | None = None
    """How long after that its alerts were silent; None: it had none, or they never were."""

    @property
    def missing(self) -> set[str]:
        """Alerts that had to fire and did not."""
        return set(self.fault.raised) - self.fired

    @property
    def surplus(self) -> set[str]:
        """Alerts that fired and should not have."""
        excused = MACHINE if self.waited > BUSY else frozenset()
        return self.fired - self.before - self.fault.raised - self.fault.may - excused - ALWAYS


def watch(place: Installation, fault: Fault) -> Seen:
    """Do a fault, wait for its alerts, follow their runbooks, undo it, wait until all is well."""
    calm_down(place, fault.must)  # or those of the fault before would be taken for its own
    seen = Seen(fault, {alert.name for alert in place.prometheus.firing()})
    with Waiting(lambda: [worker.pid for worker in place.workers if worker.pid is not None]) as waiting:
        _follow(place, seen)
        seen.waited = waiting.share
    return seen


def _follow(place: Installation, seen: Seen) -> None:
    fault = seen.fault

    def wait(wanted: frozenset[str], least: float, begun: float) -> None:
        while True:
            seen.fired.update(alert.name for alert in place.prometheus.firing())
            waited = time.monotonic() - begun
            if (wanted <= seen.fired and waited >= least) or waited >= PATIENCE:
                return
            time.sleep(0.3)

    begun = time.monotonic()
    fault.begin(place)
    wait(fault.must, 0.0, begun)
    for command, pattern in fault.tells.items():
        told = place.operate(command)
        if not re.search(pattern, told):
            seen.wrong.append(f"`{command}` did not say {pattern}:\n{told}")
    fault.end(place)
    for command in fault.cures:
        place.operate(command)
    seen.ended = time.time()
    if not place.settle():
        seen.wrong.append(f"not well again after {PATIENCE:g} s:\n{place.said()}")
    wait(fault.after, AFTERMATH_SECONDS, time.monotonic())


def calm_down(place: Installation, names: frozenset[str] | None = None) -> set[str]:
    """Wait until none of these alerts (of all) fires any more; returns those that still do when patience ends."""
    end = time.monotonic() + PATIENCE
    while True:
        firing = {alert.name for alert in place.prometheus.firing()} - ALWAYS - LONG
        if names is not None:
            firing &= names
        if not firing or time.monotonic() > end:
            return firing
        time.sleep(0.5)


def table(seen: list[Seen]) -> str:
    """Return fault × alert: what was expected, what fired, when it was quiet again, and whether that is right."""
    lines = []
    for row in seen:
        quiet = "-" if row.quiet_s is None else f"{row.quiet_s:.0f} s"
        lines.append(
            (
                row.fault.name,
                _names(row.fault.raised) or "none",
                _names(row.fired & row.fault.raised) or "none",
                _names(row.fired - row.before - row.fault.raised - ALWAYS) or "-",
                quiet,
                f"{row.waited:.0%}",
                "no" if row.missing or row.surplus or row.wrong else "yes",
            )
        )
    heads = ("fault", "expected", "seen", "seen besides", "quiet after", "waited", "right")
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *lines]
    )


def _names(alerts: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(alert.removeprefix("Prewarn") for alert in alerts))


def run(folder: Path, *, short: bool, only: tuple[str, ...] = ()) -> list[str]:
    """Do the faults and print the table; returns what was not as it should be, one line each.

    Args:
        folder: For everything that is written.
        short: Whether only what CI does.
        only: Beginnings of the names of the faults to do; empty: all. With some, panels and rules may stay empty.
    """
    seen: list[Seen] = []
    with Installation(folder, FACTOR) as place:
        for fault in FAULTS:
            if (fault.short or not short) and fault.name.startswith(only or ("",)):
                begun = time.monotonic()
                seen.append(watch(place, fault))
                took = time.monotonic() - begun
                sys.stderr.write(f"{took:4.0f} s {fault.name}: {_names(seen[-1].fired - ALWAYS) or 'silence'}\n")
                sys.stderr.writelines(f"       {line}\n" for line in seen[-1].wrong)
        loud = calm_down(place)
        for row in seen:
            if row.fault.raised - LONG:
                row.quiet_s = max(place.prometheus.quiet_after(name, row.ended) for name in row.fault.raised - LONG)
        empty = [] if only else unseen(place.prometheus)
        rendered = place.prometheus.texts()
    wrong = [f"{row.fault.name}: {name} did not fire" for row in seen for name in sorted(row.missing)]
    wrong += [f"{row.fault.name}: {name} fired" for row in seen for name in sorted(row.surplus)]
    wrong += [f"{row.fault.name}: {line}" for row in seen for line in row.wrong]
    wrong += [f"never quiet again: {name}" for name in sorted(loud)]
    wrong += [f"never had a value: {what}" for what in empty]
    wrong += [f"{name}: {text}" for name, texts in rendered.items() for text in texts.values() if "<error" in text]
    elsewhere = "".join(f"  {name.removeprefix('Prewarn')}: {why}\n" for name, why in ELSEWHERE.items())
    sys.stdout.write(
        f"Rules {FACTOR:g} times shorter than shipped.\n{table(seen)}\nNot brought about here:\n{elsewhere}"
        + "".join(f"{line}\n" for line in wrong)
    )
    return wrong


def main() -> None:
    """Run from the command line; exit status 1 when something was not as it should be."""
    parser = argparse.ArgumentParser(prog="make faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="only what CI does")
    parser.add_argument("--only", action="append", default=[], help="beginning of a fault's name; may be repeated")
    arguments = parser.parse_args()
    if shutil.which("prometheus") is None:
        sys.exit("make faults needs Prometheus: apt-get install prometheus")
    with tempfile.TemporaryDirectory(prefix="prewarn-faults-") as folder:
        sys.exit(bool(run(Path(folder), short=arguments.short, only=tuple(arguments.only))))


if __name__ == "__main__":
    main()
