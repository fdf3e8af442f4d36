"""The faults: what is done, which alerts that must raise, what the runbook's commands say of it, and what cures it."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from tests.deploy import faulty
from tests.deploy.installation import EVENTS, INSTITUTIONS, UNDO, Installation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CALM_SECONDS: Final = 20.0
PATIENCE: Final = 120.0


@dataclass(frozen=True)
class Fault:
    """One thing done to the installation.

    Attributes:
        name: What happens.
        begin: Does it.
        end: Undoes it, as far as that is not done by the runbook's commands.
        must: Alerts that have to fire before it is undone.
        after: Alerts that have to fire at the latest when everybody is back: late answers count only once given.
        may: Alerts that fire or not, by how fast this machine is.
        tells: Commands of the runbooks' "How to check", and what they have to say meanwhile (a regular expression).
        cures: Commands of the runbooks' "What to do", given once it is undone.
        short: Whether CI does it.
    """

    name: str
    begin: Callable[[Installation], None]
    end: Callable[[Installation], object]
    must: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    tells: Mapping[str, str] = field(default_factory=dict)
    cures: tuple[str, ...] = ()
    short: bool = True

    @property
    def raised(self) -> frozenset[str]:
        """Alerts that it has to raise."""
        return self.must | self.after


def nothing(_: Installation) -> None:
    """Do nothing."""


def until_fires(place: Installation, alerts: frozenset[str], step: Callable[[], None]) -> None:
    """Do something again and again until these alerts fire, or for as long as one waits for an alert."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and not alerts <= {alert.name for alert in place.prometheus.firing()}:
        step()


HELD_UP: Final = frozenset({"PrewarnEventLoopBlocked", "PrewarnResultsPartial"})


def hold_up(place: Installation) -> None:
    """Take the processor away from a worker two thirds of the time, for as long as it takes to be noticed."""

    def step() -> None:
        place.workers[1].signal(signal.SIGSTOP)
        time.sleep(3.0)
        place.workers[1].signal(signal.SIGCONT)
        time.sleep(1.5)

    until_fires(place, HELD_UP, step)


RESTARTING: Final = frozenset({"PrewarnWorkerRestarting"})


def restart_again_and_again(place: Installation) -> None:
    """Replace a worker as soon as it has its partitions: each time they move away and return."""
    worker = place.workers[1]

    def step() -> None:
        place.replace(1)
        end = time.monotonic() + PATIENCE
        while worker.metric("prewarn_rebalances_total") < 1 and worker.running and time.monotonic() < end:
            time.sleep(0.1)

    until_fires(place, RESTARTING, step)


STORM: Final = frozenset({"PrewarnRebalanceStorm"})


def come_and_go(place: Installation) -> None:
    """Add two workers and take each away as soon as it has partitions, as an autoscaler may."""
    leaving: set[int | None] = set()

    def step() -> None:
        for worker in place.visitors:
            if not worker.running:
                worker.start()
            elif worker.pid not in leaving and worker.metric("prewarn_rebalances_total") >= 1:
                leaving.add(worker.pid)
                worker.signal(signal.SIGTERM)
        time.sleep(0.3)

    until_fires(place, STORM, step)


def stay_away(place: Installation) -> None:
    """Take the two workers away for good."""
    for worker in place.visitors:
        if worker.running:
            worker.stop()


DRIFT: Final = frozenset({"PrewarnModelDrift"})
TURN_SECONDS: Final = 12.0
CROWDED: Final = {"institutions": 3}


def take_turns(place: Installation) -> None:
    """Have a province whose few institutions and prescribers see everybody, and an ordinary one send in turns."""
    place.roll_out(faulty.release(faulty.watchful), 0, 1)
    seeds = count(10)

    def step() -> None:
        place.pour(next(seeds), TURN_SECONDS, **CROWDED)
        place.pour(next(seeds), TURN_SECONDS)

    until_fires(place, DRIFT, step)


def subside(place: Installation) -> None:
    """End the flood and, once it is screened, deploy the pack anew: till then rules that hit too often are on trial."""
    place.end_flood()
    place.settle()
    place.change_packs(lambda text: text.replace('version: "', 'version: "newer.', 1), 0, 1)


def kill_all(place: Installation) -> None:
    """End both workers as a crash would."""
    for worker in place.workers:
        worker.kill()


def start_all(place: Installation) -> None:
    """Start both workers again."""
    for worker in place.workers:
        worker.start()


def freeze_broker_in_recovery(place: Installation) -> None:
    """Let the broker stand still at the moment in which a worker begins to restore its state."""
    worker = place.workers[0]
    place.replace(0)
    end = time.monotonic() + PATIENCE
    while worker.metric("prewarn_recovering") != 1 and time.monotonic() < end:
        time.sleep(0.01)
    place.cluster.signal(0, signal.SIGSTOP)


EVERYBODY: Final = """
rules:
  L01:
    name: 每单都拦
    doc: 条件写错的规则
    each: settlement
    when: event.medfee_sumamt > yuan(0)
    severity: 1
    message: 费用{event.medfee_sumamt}元
    evidence: [{amount: event.medfee_sumamt}]
    basis: 测试
    mode: live
"""
GARBAGE: Final = [b"not json", b'{"event_id": 1}', b"{}"] * 12
LEAVES: Final = frozenset({"PrewarnWorkerDown", "PrewarnPartitionsUnassigned"})
LATE: Final = frozenset({"PrewarnErrorBudgetBurnFast"})
# What is away comes back as slowly as in life, while the rules count minutes as seconds: these may fire in an outage.
OUTAGE: Final = frozenset(
    {
        "PrewarnConsumerStalled",
        "PrewarnLagGrowing",
        "PrewarnCanaryLate",
        "PrewarnEventLoopBlocked",
        "PrewarnResultsPartial",
        "PrewarnRecoverySlow",
        "PrewarnRebalanceStorm",
        "PrewarnStandbyBehind",
        "PrewarnErrorBudgetBurnSlow",
        "PrewarnEventErrors",  # who starts again meets the registry records again that cannot be read
    }
)
REPLACED: Final = OUTAGE | LATE | LEAVES | RESTARTING
"""The same where workers are replaced more than once."""
SURPRISED: Final = frozenset({"PrewarnDecisionMixShifted", "PrewarnRulePaused"})
"""Another province's traffic is news to rules and policy."""
STATUS: Final = "prewarn status"

FAULTS: Final = (
    Fault("nothing", lambda _: time.sleep(CALM_SECONDS), nothing),
    Fault(
        "a rule pack with a mistake",
        lambda place: place.change_packs(lambda text: text.replace("policy:", "polcy:", 1), 0, 1),
        lambda place: place.restore_packs(),
        must=frozenset({"PrewarnRulesetRejected"}),
        tells={"prewarn rules lint /etc/prewarn/rules": r"pack\.yaml:\d+.*polcy"},
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
        tells={"prewarn topics replay-dead-letters --reason invalid --dry-run": r"\d\d letters to send back"},
        cures=("prewarn topics replay-dead-letters --reason invalid --yes",),
    ),
    # While there is little state, and a restart is quick.
    Fault(
        "a worker that restarts again and again",
        restart_again_and_again,
        nothing,
        must=RESTARTING,
        may=OUTAGE | LATE | LEAVES,
        tells={STATUS: r"group prewarn: \w+, [12] workers"},
        short=False,
    ),
    Fault(
        "workers that come and go",
        come_and_go,
        stay_away,
        must=STORM,
        may=OUTAGE | LATE | LEAVES,
        tells={STATUS: r"group prewarn: \w+, [1-4] workers"},
        short=False,
    ),
    Fault(
        "a release with a bug in the model",
        lambda place: place.roll_out(faulty.release(faulty.model), 1),
        nothing,
        must=frozenset({"PrewarnModelPaused"}),
        may=REPLACED,
        tells={STATUS: r"group prewarn: \w+, 2 workers"},
        cures=(UNDO,),
        short=False,
    ),
    Fault(
        "a worker that is given nothing to copy",
        lambda place: place.roll_out(faulty.release(faulty.throttled), 1),
        lambda place: place.mend(1),
        must=frozenset({"PrewarnStandbyBehind"}),
        may=REPLACED,
        tells={"prewarn doctor": r"ok +partitions"},
        cures=("kubectl -n prewarn delete pod prewarn-1",),
        short=False,
    ),
    Fault(
        "a worker with too little memory",
        lambda place: place.roll_out(faulty.release(faulty.confined), 1),
        nothing,
        must=frozenset({"PrewarnStateFilling"}),
        may=REPLACED,
        tells={STATUS: r"group prewarn: \w+, 2 workers"},
        cures=(UNDO,),
        short=False,
    ),
    Fault(
        "one worker keeps the pack before",
        lambda place: place.change_packs(lambda text: text.replace('version: "', 'version: "new.', 1), 0),
        lambda place: place.restore_packs(),
        must=frozenset({"PrewarnRulesetDiffers"}),
        tells={"prewarn doctor": r"ok +rules +new\."},
        cures=("kubectl -n prewarn delete pod prewarn-1",),
        may=OUTAGE | LATE,
        short=False,
    ),
    Fault(
        "a worker that is held up again and again",
        hold_up,
        nothing,
        must=HELD_UP,
        may=OUTAGE | LATE | LEAVES,
        tells={STATUS: r"group prewarn: stable, 2 workers"},
        cures=("kubectl -n prewarn delete pod prewarn-1",),
        short=False,
    ),
    Fault(
        "a worker frozen (SIGSTOP)",
        lambda place: place.workers[0].signal(signal.SIGSTOP),
        nothing,
        must=LEAVES,
        after=LATE,
        may=OUTAGE,
        tells={STATUS: r"group prewarn: \w+, [12] workers"},
        cures=("kubectl -n prewarn delete pod prewarn-0",),
        short=False,
    ),
    Fault(
        "a worker killed (SIGKILL)",
        lambda place: place.workers[0].kill(),
        lambda place: place.workers[0].start(),
        must=LEAVES,
        after=LATE,
        may=OUTAGE,
        tells={STATUS: r"group prewarn: \w+, [12] workers"},
    ),
    Fault(
        "all workers killed",
        kill_all,
        start_all,
        must=frozenset({"PrewarnFleetAbsent", "PrewarnWorkerDown"}),
        after=LATE | {"PrewarnErrorBudgetBurnSlow"},
        may=OUTAGE | LEAVES,
        tells={STATUS: r"all +[1-9]\d*\n"},
        short=False,
    ),
    Fault(
        "a broker that stands still while a worker restores",
        freeze_broker_in_recovery,
        lambda place: place.cluster.signal(0, signal.SIGCONT),
        must=frozenset({"PrewarnRecoverySlow"}),
        after=LATE,
        may=OUTAGE | LEAVES | RESTARTING,  # the faults before have restarted it too
        tells={"prewarn topics check": "no answer from Kafka"},
        short=False,
    ),
    Fault(
        "the broker stopped",
        lambda place: place.cluster.kill(0),
        lambda place: place.cluster.restart(0),
        must=frozenset({"PrewarnCanaryLate", "PrewarnConsumerStalled"}),
        after=LATE,
        may=OUTAGE | LEAVES,
        tells={"prewarn doctor": r"problem brokers"},
    ),
    # Its stops are in the mix of the day, which is longer than the rest of the run.
    Fault(
        "a rule that hits everybody",
        lambda place: place.change_packs(lambda text: text + EVERYBODY, 0, 1),
        lambda place: place.restore_packs(),
        must=frozenset({"PrewarnRulePaused", "PrewarnDecisionMixShifted"}),
        may=frozenset({"PrewarnErrorBudgetBurnSlow"}),  # which the outages before it have brought
        tells={"prewarn rules list": "L01"},
        short=False,
    ),
    Fault(
        "areas that join and leave again",
        take_turns,
        # Rules that hit the crowds too often are on trial, which a restart ends once these are screened.
        lambda place: place.settle(),
        must=DRIFT,
        may=REPLACED | SURPRISED,
        tells={STATUS: r"group prewarn: \w+, 2 workers"},
        cures=(UNDO,),
        short=False,
    ),
    Fault(
        "more settlements than two workers can do",
        lambda place: place.flood(),
        subside,
        must=frozenset({"PrewarnLagGrowing"}),
        may=OUTAGE | LATE | SURPRISED | DRIFT,
        tells={STATUS: r"all +[1-9]\d*\n"},
        short=False,
    ),
)

ELSEWHERE: Final = {
    "PrewarnWatchdog": "fires always; test_compose.py has it come to its receiver, and stay away",
}
"""Alerts that no fault here raises, and why. Promtool's cases show each of them firing and silent all the same."""
