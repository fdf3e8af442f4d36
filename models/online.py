"""The model that screens: anomaly and risk as one score, learned from lessons alone.

**Decision rule.** The score is the probability that a settlement is confirmed as fraud. On the log-odds scale it is the
sum of what each witness says (`models.risk`), and oddness (`models.baseline`) is one of the witnesses: before there
are verdicts it speaks with the weight that `models.evidence.odd_lift` states, alone; every verdict replaces some of
that by what oddness has been worth. A settlement is *remarkable* (rule X01) if its oddness, or its risk by all other
witnesses, is in the rarest share of its kind of visit in its area.

What is learned from verdicts is a function of the lessons in their order and of nothing else: workers that read the
same lessons have the same model, and a model restored from a snapshot goes on where the snapshot was taken.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from models import baseline
from models.cells import ODDNESS, PLACES, WITNESS_OF, WITNESSES, cell, cut
from models.drift import Watch
from models.inputs import SCHEMA, TO_USUAL
from models.lessons import (
    LABELS,
    Example,
    Lesson,
    Verdict,
    stands_for_others,
)
from models.memory import Memory
from models.precision import RulePrecision
from models.risk import Challenger, Champion, probability
from streams.contract.results import Contribution, ModelScore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.baseline import State
    from models.inputs import Values
    from models.risk import Contributions
    from streams.contract.events import Event

LEARNED_ONE_IN: Final = 8
"""Of settlements that hardly anything spoke against and that were cleared, one in so many is learned, for all of them:
there are many, and they are alike."""
PLAIN: Final = 0.5
"""Log-odds above the base up to which that is so."""
SHOWN: Final = 5
"""Witnesses that a result names; the others are added up as `REST`."""
BASE, REST = "base", "rest"
REMEMBERED: Final = 5_000
"""Settlements of which is remembered that something was learned: repeats come soon."""
_COMMON: Final = 0.32
"""Tail above which a settlement has no cell of oddness: the first level begins at the root of a tenth."""
_PLAIN_RATIO: Final = math.log(2.0)
_UNUSUAL_RATIO: Final = math.log(3.0)


class Scored(Struct, frozen=True, gc=False):
    """What the model says of a settlement."""

    score: ModelScore
    example: Example
    #: Share of the settlements of its kind and area that are at least as odd.
    odd_tail: float
    #: What makes it odd, strongest first: by how much, and the place in `INPUTS`.
    odd_inputs: list[tuple[float, int]]


class OnlineModel:
    """Scores settlements and learns from verdicts.

    Attributes:
        lessons: How many were learned.
        generation: How often the model was rolled back.
        precision: How often what each rule said was confirmed.
        watch: What is exported about it.
    """

    def __init__(self) -> None:
        self.champion = Champion()
        self.challenger = Challenger()
        self.persons = Memory()
        self.institutions = Memory()
        self.lessons = 0
        self.watch = Watch()
        self.precision = RulePrecision()
        self.generation = 0
        #: Verdicts that were learned, by settlement. (A plain dictionary is slow to give up its first.)
        self._taught: OrderedDict[str, int] = OrderedDict()

    @property
    def version(self) -> str:
        """Names what was learned: the list of inputs, how often the model was rolled back, the number of lessons."""
        return f"{SCHEMA}-{self.generation}-{self.lessons}"

    def score(self, event: Event, values: Values, state: State) -> Scored:
        """Score a settlement; nothing changes but what is watched.

        Args:
            event: The settlement, with its person's reference.
            values: Its inputs.
            state: What is normal for its kind of visit in its area.
        """
        kind = kind_of(event)
        time, who, where = event.time, event.psn_ref, event.fixmedins_code
        odd, strongest = baseline.oddness(state, values)
        rare = baseline.odd_tail(state, odd)
        number = int(kind) if kind.isdecimal() else -1
        cells = cut(number, values, self.persons.read(who, time), self.institutions.read(where, time))
        level = int(-2.0 * math.log10(max(rare, 1e-9))) if rare < _COMMON else 0
        if level:
            cells.append(cell(ODDNESS, level))
        base, said = self.champion.explain(cells)
        log_odds = risk = base
        if said:
            for part, _ in said:
                log_odds += part
            part, witness = said[-1]
            risk = log_odds - part if witness == ODDNESS else log_odds
        score = ModelScore(
            score=round(probability(log_odds), 9),
            version=self.version,
            contributions=_contributions(base, said, log_odds, values, strongest if level else ()),
        )
        example = Example(time, who, where, kind, values, cells, odd, log_odds, risk, 1.0)
        return Scored(score, example, rare, strongest)

    def learn(self, lesson: Lesson) -> None:
        """Learn a lesson; one whose verdict is no weightier than what was learned of the settlement changes nothing."""
        for rule_id, confirmed in lesson.rules.items():
            self.precision.learn(rule_id, confirmed=confirmed)
        if lesson.verdict > self._taught.get(lesson.setl_id, 0):
            self._learn(lesson)

    def _learn(self, lesson: Lesson) -> None:
        taught, example, verdict = self._taught, lesson.example, lesson.verdict
        taught[lesson.setl_id] = verdict
        if len(taught) > REMEMBERED:
            taught.popitem(last=False)
        label, weight = LABELS[verdict]
        counts = weight
        if not label and verdict != Verdict.PRESUMED and example.log_odds < self.champion.base + PLAIN:
            counts = weight * LEARNED_ONE_IN if stands_for_others(lesson.setl_id, LEARNED_ONE_IN) else 0.0
        if counts:
            cells = example.cells
            self.watch.compare(label, counts, example.log_odds, self.challenger.score(cells))
            self.challenger.learn(cells, label, counts)
            self.champion.learn(cells, label, counts)
        if weight >= 0.5:  # noqa: PLR2004 - what an institution says in its own favour clears nobody
            confirmed = label > 0
            puzzling = _puzzling(example) if confirmed else 0.0
            self.persons.learn(example.person, example.time, confirmed=confirmed, puzzling=1.0)
            self.institutions.learn(example.institution, example.time, confirmed=confirmed, puzzling=puzzling)
        self.lessons += 1

    def to_plain(self) -> dict[str, Any]:
        """All that was learned, as JSON can hold it."""
        return {
            "lessons": self.lessons,
            "generation": self.generation,
            "precision": self.precision.to_plain(),
            "champion": self.champion.to_plain(),
            "challenger": self.challenger.to_plain(),
            "persons": self.persons.to_plain(),
            "institutions": self.institutions.to_plain(),
            "watch": self.watch.to_plain(),
            "taught": dict(self._taught),
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> OnlineModel:
        """Inverse of `to_plain`."""
        model = cls()
        model.lessons, model.generation = int(plain["lessons"]), int(plain["generation"])
        model.precision = RulePrecision.from_plain(plain["precision"])
        model.champion = Champion.from_plain(plain["champion"])
        model.challenger = Challenger.from_plain(plain["challenger"])
        model.persons = Memory.from_plain(plain["persons"])
        model.institutions = Memory.from_plain(plain["institutions"])
        model.watch = Watch.from_plain(plain["watch"])
        model._taught.update((str(setl_id), int(verdict)) for setl_id, verdict in plain["taught"].items())
        return model


def kind_of(event: Event) -> str:
    """The kind of visit, as far as what is normal differs."""
    return (event.med_type or "")[:2]


def _puzzling(example: Example) -> float:
    """How far the person's own habits do not explain a confirmed settlement: 1 up to twice the usual, 0 from thrice."""
    usual = example.values[TO_USUAL]
    if usual is None or usual <= _PLAIN_RATIO:
        return 1.0
    return max(0.0, 3.0 - math.exp(usual)) if usual < _UNUSUAL_RATIO else 0.0


def _contributions(
    base: float,
    said: Contributions,
    log_odds: float,
    values: Values,
    odd_inputs: Sequence[tuple[float, int]],
) -> list[Contribution]:
    """Base, the strongest witnesses and the rest: they add up to the log-odds of the score.

    What oddness says is shared among the inputs that are odd: a clerk is told which, not that something is.
    """
    parts = [Contribution(feature=BASE, value=None, contribution=round(base, 6))]
    rest = log_odds - base
    if not said:
        parts.append(Contribution(feature=REST, value=None, contribution=rest))
        return parts
    if odd_inputs and said[-1][1] == ODDNESS:
        said = _by_input(said, odd_inputs)
    said.sort()
    low, high = 0, len(said) - 1
    for _ in range(min(SHOWN, len(said))):
        # The strongest is at one of the two ends.
        if -said[low][0] > said[high][0]:
            part, witness = said[low]
            low += 1
        else:
            part, witness = said[high]
            high -= 1
        rest -= part
        place = PLACES[witness]
        value = None if place is None else values[place]
        shown = None if value is None else round(value, 4)
        parts.append(Contribution(feature=WITNESSES[witness], value=shown, contribution=round(part, 6)))
    parts.append(Contribution(feature=REST, value=None, contribution=round(rest, 6)))
    return parts


def _by_input(said: Contributions, odd_inputs: Sequence[tuple[float, int]]) -> Contributions:
    *others, (spoken, _) = said
    parts = {witness: part for part, witness in others}
    odd = sum(excess for excess, _ in odd_inputs)
    for excess, place in odd_inputs:
        witness = WITNESS_OF[place]
        parts[witness] = parts.get(witness, 0.0) + spoken * excess / odd
    return [(part, witness) for witness, part in parts.items()]
