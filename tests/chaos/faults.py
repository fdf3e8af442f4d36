"""What goes wrong, and when: drawn from the seed, told by what it is done to."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from tests.chaos.installation import Installation, Worker
    from tests.chaos.packs import Deployed
    from tests.kafka.cluster import KafkaCluster


@dataclass
class Field:
    """Where faults happen."""

    installation: Installation
    cluster: KafkaCluster
    brokers: int
    packs: Deployed
    dice: random.Random
    #: How long the group waits for a silent worker, s.
    session_s: float
    swaps: int = 0
    #: Exit statuses of workers that were asked to stop, other than 0.
    bad_stops: list[str] = field(default_factory=list)

    def victim(self) -> Worker:
        """Return one of the workers that run."""
        return self.dice.choice(self.installation.wanted)

    def moment(self, most: float) -> None:
        """Let some time pass."""
        time.sleep(self.dice.uniform(0, most))

    def stop(self, worker: Worker) -> None:
        """Stop a worker in order."""
        worker.ask_to_stop()
        status = worker.wait_stopped()
        if status != 0:
            self.bad_stops.append(f"worker {worker.number} stopped with {status}")


def kill(at: Field) -> str:
    """A worker dies and comes back at once."""
    worker = at.victim()
    worker.kill()
    at.moment(1.0)
    worker.start()
    return f"worker {worker.number}"


def kill_for_long(at: Field) -> str:
    """A worker dies and comes back when the others have had its partitions for a while."""
    worker = at.victim()
    worker.kill()
    time.sleep(at.session_s)
    at.moment(6.0)
    worker.start()
    return f"worker {worker.number}"


def kill_all(at: Field) -> str:
    """All workers die at once."""
    workers = at.installation.wanted
    for worker in workers:
        worker.kill()
    at.moment(1.0)
    for worker in workers:
        worker.start()
    return f"{len(workers)} workers"


def kill_twice(at: Field) -> str:
    """A worker dies, and again before it has done anything much."""
    worker = at.victim()
    worker.kill()
    worker.start()
    time.sleep(3.0)
    at.moment(5.0)
    worker.kill()
    worker.start()
    return f"worker {worker.number}"


def stop(at: Field) -> str:
    """A worker is stopped in order and started again."""
    worker = at.victim()
    at.stop(worker)
    at.moment(1.0)
    worker.start()
    return f"worker {worker.number}"


def pause(at: Field) -> str:
    """A worker stands still, not long enough to be missed."""
    worker = at.victim()
    seconds = at.dice.uniform(0.5, at.session_s * 0.6)
    worker.hold_up()
    time.sleep(seconds)
    worker.let_go()
    return f"worker {worker.number}, {seconds:.1f} s"


def pause_for_long(at: Field) -> str:
    """A worker stands still until others have its partitions, and then goes on where it was."""
    worker = at.victim()
    seconds = at.dice.uniform(at.session_s + 2, at.session_s + 6)
    worker.hold_up()
    time.sleep(seconds)
    worker.let_go()
    return f"worker {worker.number}, {seconds:.1f} s"


def rolling_restart(at: Field) -> str:
    """All workers are replaced one after the other, as a new release is."""
    workers = at.installation.wanted
    for worker in workers:
        at.stop(worker)
        worker.start()
        at.installation.wait_complete()
    return f"{len(workers)} workers"


def scale(at: Field) -> str:
    """All workers there are, or one less if all run already: 1, 3, 2, 3, 2 …."""
    installation = at.installation
    idle = [worker for worker in installation.fleet if not worker.wanted]
    before = len(installation.wanted)
    if idle:
        for worker in idle:
            worker.start()
    else:
        at.stop(at.victim())
    return f"{before} → {len(installation.wanted)} workers"


def kill_broker(at: Field) -> str:
    """A broker dies and comes back."""
    number = at.dice.randrange(at.brokers)
    at.cluster.kill(number)
    time.sleep(2.0)
    at.moment(6.0)
    at.cluster.restart(number)
    return f"broker {number}"


def restart_broker(at: Field) -> str:
    """A broker is stopped in order and started again."""
    number = at.dice.randrange(at.brokers)
    at.cluster.restart(number)
    return f"broker {number}"


def swap_pack(at: Field) -> str:
    """Another version of the same rules is deployed, then a broken one, which must be refused."""
    at.swaps += 1
    version = f"same.{at.swaps}"
    at.packs.say(version)
    at.moment(2.0)
    at.packs.break_it()
    at.moment(2.0)
    at.packs.mend()
    return f"version {version}"


ALONE: Final[tuple[Callable[[Field], str], ...]] = (
    kill, kill_twice, stop, pause, pause_for_long, swap_pack, kill_broker, restart_broker
)  # fmt: skip
"""What one worker and one broker can stand."""
TOGETHER: Final[tuple[Callable[[Field], str], ...]] = (kill_for_long, kill_all, rolling_restart, scale)
"""What needs several workers."""


def name_of(fault: Callable[[Field], str]) -> str:
    """Return a fault's name for people."""
    return fault.__name__.replace("_", " ")


def named(name: str) -> Callable[[Field], str]:
    """Return the kind of fault with this name.

    Raises:
        ValueError: There is none.
    """
    for fault in (*ALONE, *TOGETHER):
        if name_of(fault) == name:
            return fault
    names = ", ".join(map(name_of, (*ALONE, *TOGETHER)))
    raise ValueError(f"there is no fault {name!r}, only {names}")


def schedule(
    dice: random.Random, count: int, workers: int, only: Sequence[Callable[[Field], str]] = ()
) -> Iterator[Callable[[Field], str]]:
    """Yield so many faults: every kind, or every one of `only`, once in each round, in an order of its own.

    With several workers the first is the scaling up from one.
    """
    several = workers > 1
    if several:
        yield scale
        count -= 1
    while count > 0:
        kinds = [*only] or [*ALONE, *(TOGETHER if several else ())]
        dice.shuffle(kinds)
        yield from kinds[:count]
        count -= len(kinds)
