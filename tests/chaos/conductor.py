"""Conducts a run: lets lines flow, has faults happen in the middle of them, and waits until all is decided."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.chaos.faults import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.chaos.faults import Field
    from tests.chaos.following import Following
    from tests.chaos.sending import Sending
    from tests.chaos.settling import Settling
    from tests.chaos.story import Story

STUCK_S: Final = 300.0
"""A run in which nothing is decided or settled for so long has failed."""
_POLL_S: Final = 0.05
_ASK_S: Final = 0.5
"""Between two questions to workers: each costs one a hundredth of a second."""
_WARM_UP_S: Final = 0.7
"""At most so long lines flow before a fault: it comes at any instant between two commits."""


@dataclass(frozen=True)
class Injected:
    """One fault as it happened; times in seconds."""

    kind: str
    what: str
    #: Since the begin of the run.
    at: float
    #: Lines sent by then.
    line: int
    #: Until everything that was sent before it ended had a result, and all workers were ready with all partitions.
    recovered: float
    #: The longest that a partition owed results and gave none.
    silence: float


@dataclass
class Diary:
    """What happened."""

    injected: list[Injected] = field(default_factory=list)
    #: Workers that ended by themselves, and how.
    ended: list[str] = field(default_factory=list)
    seconds: float = 0.0
    stuck: str | None = None


class StuckError(Exception):
    """Nothing moves any more; the message says where."""


class Conductor:
    """Runs the story to its end.

    Args:
        story: The input.
        at: Where faults happen.
        sending: Sends the story; its limit is moved on here.
        settling: Knows what is settled.
        following: Knows what is decided.
        say: Told what happens.
    """

    def __init__(
        self,
        story: Story,
        at: Field,
        sending: Sending,
        settling: Settling,
        following: Following,
        say: Callable[[str], None],
    ) -> None:
        self._story = story
        self._at = at
        self._sending = sending
        self._settling = settling
        self._following = following
        self._say = say
        self._begun = time.monotonic()
        self._moved = (0, 0)
        self._moved_at = self._begun
        self.diary = Diary()

    def run(self, faults: Sequence[Callable[[Field], str]]) -> None:
        """Have the faults happen, evenly spread over the story, and return when all is decided and settled."""
        story, sending, dice = self._story, self._sending, self._at.dice
        share = len(story) / (len(faults) + 1)
        marks = [round((number + dice.uniform(0.5, 1.0)) * share) for number in range(len(faults))]
        steps = sorted([*zip(marks, faults, strict=True), (story.turn, None)], key=lambda step: step[0])
        stop_at = story.turn
        self._begun = self._moved_at = time.monotonic()
        try:
            for mark, fault in steps:
                # Lines go on flowing while a fault lasts, and some are left for the next one.
                sending.limit = min(stop_at, round(mark + share))
                if fault is None:
                    self._wait(self._sent(mark))
                    self._turn()
                    stop_at = len(story)
                else:
                    self._wait(self._decided(mark / len(story)))
                    self._inject(fault)
            sending.limit = len(story)
            self._wait(lambda: sending.finished and not self._following.owed)
        except StuckError as error:
            self.diary.stuck = str(error)
            self._say(f"{self._clock():7.1f} s  {error}")
        self.diary.seconds = time.monotonic() - self._begun

    def _sent(self, count: int) -> Callable[[], bool]:
        return lambda: self._sending.sent >= count

    def _decided(self, share: float) -> Callable[[], bool]:
        return lambda: self._following.decided >= share * self._story.settlements

    def _turn(self) -> None:
        """Deploy the pack with a rule that takes effect now, and wait until every worker has it."""
        self._at.packs.turn("turned")
        self._wait(lambda: self._at.installation.judged_by("turned"), _ASK_S)
        self._say(f"{self._clock():7.1f} s  every worker has the pack whose new rule takes effect with the next line")

    def _inject(self, fault: Callable[[Field], str]) -> None:
        self._at.moment(_WARM_UP_S)
        begun, line = time.monotonic(), self._sending.sent
        kind = name_of(fault)
        self._following.begin()
        what = fault(self._at)
        ended = time.monotonic()
        self._wait(lambda: self._following.oldest() > ended)
        self._wait(self._at.installation.complete, _ASK_S)
        injected = Injected(
            kind, what, begun - self._begun, line, time.monotonic() - begun, self._following.longest_silence()
        )
        self.diary.injected.append(injected)
        self._say(
            f"{injected.at:7.1f} s  line {line:,}: {kind}, {what}; recovered after {injected.recovered:.1f} s, "
            f"longest silence of a partition {injected.silence:.1f} s"
        )

    def _clock(self) -> float:
        return time.monotonic() - self._begun

    def _wait(self, until: Callable[[], bool], every_s: float = _POLL_S) -> None:
        while not until():
            self._revive()
            self._check()
            time.sleep(every_s)

    def _revive(self) -> None:
        """Start workers again that ended by themselves, as Kubernetes would."""
        for worker in self._at.installation.wanted:
            if not worker.running:
                told = (
                    f"{self._clock():7.1f} s  worker {worker.number} ended with {worker.exit_code}; it is started again"
                )
                self.diary.ended.append(told)
                self._say(told)
                worker.start()
            worker.measure()

    def _check(self) -> None:
        if self._sending.failure is not None:
            raise StuckError(self._sending.failure)
        moved = (self._following.decided, sum(self._settling.settled.values()))
        now = time.monotonic()
        if moved != self._moved:
            self._moved, self._moved_at = moved, now
        elif now - self._moved_at > STUCK_S:
            sent, owed = self._sending.sent, self._following.owed
            raise StuckError(
                f"nothing moved for {STUCK_S:g} s: {sent} of {len(self._story)} lines sent, {owed} without result; "
                f"settling: {self._settling.waits_for()}"
            )
