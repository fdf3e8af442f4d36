"""`make faults`: does things to real workers on a real Kafka and looks which alerts a real Prometheus raises.

    python -m tests.deploy.faults            every fault below, about five minutes
    python -m tests.deploy.faults --short    those CI runs, about two

The rules are the shipped ones with every time `FACTOR` times shorter (see scaling.py); expressions and thresholds are
the same. A fault's alerts must fire, those that depend on how fast the machine is may, and all others must stay silent.
At the end every expression of every dashboard and rule must have had a value on that Prometheus.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.deploy.installation import EVENTS, INSTITUTIONS, Installation
from tests.deploy.seen import unseen

if TYPE_CHECKING:
    from collections.abc import Callable

FACTOR: Final = 30.0
CALM_SECONDS: Final = 10.0
PATIENCE: Final = 120.0
AFTERMATH_SECONDS: Final = 4.0
"""After a fault is over: what it sets off may take an evaluation or two."""
ALWAYS: Final = {"PrewarnWatchdog"}
MACHINE: Final = {
    "PrewarnErrorBudgetBurnFast",
    "PrewarnErrorBudgetBurnSlow",
    "PrewarnResultsPartial",
    "PrewarnEventLoopBlocked",
    "PrewarnCanaryLate",  # six seconds here
}
"""What a machine that others use too brings about by itself: loops held up, answers and heartbeats that are late, or
answers without what the other worker should have said in time. The table shows them; only faults that must raise them
are judged by them."""


@dataclass(frozen=True)
class Fault:
    """One thing done to the installation.

    Attributes:
        name: What happens.
        begin: Does it.
        end: Undoes it.
        must: Alerts that have to fire before it is undone.
        after: Alerts that have to fire at the latest when everybody is back: late answers count only once given.
        may: Alerts that fire or not, by how fast this machine is.
        short: Whether CI does it.
    """

    name: str
    begin: Callable[[Installation], None]
    end: Callable[[Installation], None]
    must: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    short: bool = True


@dataclass(frozen=True)
class Seen:
    """What became of one fault."""

    fault: Fault
    fired: set[str]
    """Alerts that fired at any time between its beginning and its end's aftermath."""
    new: set[str]
    """Those of them that were not firing before it began."""

    @property
    def missing(self) -> set[str]:
        """Alerts that had to fire and did not."""
        return set(self.fault.must | self.fault.after) - self.fired

    @property
    def surplus(self) -> set[str]:
        """Alerts that fired and should not have."""
        return self.new - self.fault.must - self.fault.after - self.fault.may - MACHINE - ALWAYS


def nothing(_: Installation) -> None:
    """Do nothing."""


def starve(place: Installation) -> None:
    """Take the processor away from a worker most of the time, for as long as it takes to be noticed."""
    end = time.monotonic() + 40
    while time.monotonic() < end and "PrewarnEventLoopBlocked" not in {a.name for a in place.prometheus.firing()}:
        place.workers[1].signal(signal.SIGSTOP)
        time.sleep(0.8)
        place.workers[1].signal(signal.SIGCONT)
        time.sleep(0.4)


def kill_all(place: Installation) -> None:
    """End both workers as a crash would."""
    for worker in place.workers:
        worker.kill()


def start_all(place: Installation) -> None:
    """Start both workers again."""
    for worker in place.workers:
        worker.start()


GARBAGE: Final = [b"not json", b'{"event_id": 1}', b"{}"] * 12
LEAVES: Final = frozenset({"PrewarnWorkerDown", "PrewarnPartitionsUnassigned"})
LATE: Final = frozenset({"PrewarnErrorBudgetBurnFast"})
BACKLOG: Final = frozenset({"PrewarnConsumerStalled", "PrewarnLagGrowing"})

FAULTS: Final = (
    Fault("nothing", lambda _: time.sleep(CALM_SECONDS), nothing),
    Fault(
        "a rule pack with a mistake",
        lambda place: place.change_packs("policy:", "polcy:", "a", "b"),
        lambda place: place.restore_packs(),
        must=frozenset({"PrewarnRulesetRejected"}),
    ),
    Fault(
        "registry records that cannot be read",
        lambda place: place.send(INSTITUTIONS, [b"not json"] * 4, seconds=2),
        nothing,
        must=frozenset({"PrewarnEventErrors"}),
    ),
    Fault(
        "a sender whose events cannot be read",
        lambda place: place.send(EVENTS, GARBAGE, seconds=12),
        nothing,
        must=frozenset({"PrewarnDeadLetters"}),
    ),
    Fault(
        "one worker keeps the pack before",
        lambda place: place.change_packs('version: "', 'version: "new.', "a"),
        lambda place: place.restore_packs(),
        must=frozenset({"PrewarnRulesetDiffers"}),
        short=False,
    ),
    Fault(
        "a worker without a processor",
        starve,
        nothing,
        must=frozenset({"PrewarnEventLoopBlocked"}),
        may=BACKLOG | {"PrewarnWorkerDown"},
        short=False,
    ),
    Fault(
        "a worker frozen (SIGSTOP)",
        lambda place: place.workers[0].signal(signal.SIGSTOP),
        lambda place: place.workers[0].signal(signal.SIGCONT),
        must=LEAVES,
        after=LATE,
        may=BACKLOG,
        short=False,
    ),
    Fault(
        "a worker killed (SIGKILL)",
        lambda place: place.workers[0].kill(),
        lambda place: place.workers[0].start(),
        must=LEAVES,
        after=LATE,
        may=BACKLOG,
    ),
    Fault(
        "all workers killed",
        kill_all,
        start_all,
        must=frozenset({"PrewarnFleetAbsent", "PrewarnWorkerDown"}),
        after=LATE,
        may=BACKLOG | {"PrewarnPartitionsUnassigned", "PrewarnRecoverySlow"},
        short=False,
    ),
    Fault(
        "the broker stopped",
        lambda place: place.cluster.kill(0),
        lambda place: place.cluster.restart(0),
        must=frozenset({"PrewarnCanaryLate"}),
        after=LATE,
        may=BACKLOG | {"PrewarnPartitionsUnassigned", "PrewarnRebalanceStorm"},
    ),
)


def watch(place: Installation, fault: Fault) -> Seen:
    """Do a fault, wait for its alerts, undo it, wait until all is well."""
    before = {alert.name for alert in place.prometheus.firing()}
    fired: set[str] = set()

    def wait(wanted: frozenset[str], least: float) -> None:
        begun = time.monotonic()
        while True:
            fired.update(alert.name for alert in place.prometheus.firing())
            waited = time.monotonic() - begun
            if (wanted <= fired and waited >= least) or waited >= PATIENCE:
                return
            time.sleep(0.3)

    fault.begin(place)
    wait(fault.must, 0.0)
    fault.end(place)
    place.settle()
    wait(fault.after, AFTERMATH_SECONDS)
    return Seen(fault, fired, fired - before)


def table(seen: list[Seen]) -> str:
    """Return fault × alert: what was expected, what fired, and whether that is right."""
    lines = []
    for row in seen:
        fault = row.fault
        expected = ", ".join(sorted(map(_short, fault.must | fault.after))) or "none"
        also = ", ".join(sorted(_short(name) for name in row.new - fault.must - fault.after - ALWAYS)) or "-"
        came = ", ".join(sorted(_short(name) for name in row.fired & (fault.must | fault.after))) or "none"
        lines.append((fault.name, expected, came, also, "no" if row.missing or row.surplus else "yes"))
    heads = ("fault", "expected", "seen", "seen besides", "right")
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *lines]
    )


def _short(alert: str) -> str:
    return alert.removeprefix("Prewarn")


def run(folder: Path, *, short: bool) -> list[str]:
    """Do the faults and print the table; returns what was not as it should be, one line each."""
    wrong = []
    with Installation(folder, FACTOR) as place:
        seen = []
        for fault in FAULTS:
            if fault.short or not short:
                seen.append(watch(place, fault))
                sys.stderr.write(
                    f"{fault.name}: {', '.join(map(_short, sorted(seen[-1].fired - ALWAYS))) or 'silence'}\n"
                )
        empty = unseen(place.prometheus)
        rendered = place.prometheus.texts()
    for row in seen:
        wrong += [f"{row.fault.name}: {name} did not fire" for name in sorted(row.missing)]
        wrong += [f"{row.fault.name}: {name} fired" for name in sorted(row.surplus)]
    wrong += [f"never had a value: {what}" for what in empty]
    wrong += [f"{name}: {text}" for name, texts in rendered.items() for text in texts.values() if "<error" in text]
    sys.stdout.write(
        f"Rules {FACTOR:g} times shorter than shipped.\n{table(seen)}\n" + "".join(f"{line}\n" for line in wrong)
    )
    return wrong


def main() -> None:
    """Run from the command line; exit status 1 when something was not as it should be."""
    parser = argparse.ArgumentParser(prog="make faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="only what CI does")
    arguments = parser.parse_args()
    if shutil.which("prometheus") is None:
        sys.exit("make faults needs Prometheus: apt-get install prometheus")
    with tempfile.TemporaryDirectory(prefix="prewarn-faults-") as folder:
        sys.exit(bool(run(Path(folder), short=arguments.short)))


if __name__ == "__main__":
    main()
