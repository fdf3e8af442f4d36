"""From declared features to their specifications.

Most features look at the event, line and trace code alone. Some look at what others remember (an institution's
duplicate codes are found in the codes' own log) or at registries (the employer of a person): they may read logs that do
not show the settlement's own entries, so that it makes no difference whether the settlement itself has been
folded already. Some keep nothing and compare another feature with its own past (``past_of``).
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, cast

from streams.features.scopes import SCOPES
from streams.language.names import LEVELS, FeatureInfo, Names, Uses
from streams.rules.expressions import Desk
from streams.rules.feature_drafts import DeclaredFeature, Draft, expressions
from streams.rules.past_features import PAST_KEYS, PastBuilder
from streams.rules.section import Section
from streams.rules.windows import Window, read_span, read_window
from streams.state.rows import Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import Each
    from streams.rules.feature_specs import Observer
    from streams.rules.knowledge import Knowledge
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

KEYS = frozenset(
    {"doc", "scope", "each", "events", "where", "aggregate", "of", "fields", "at", "begin", "end"}
    | {"window", "resolution", "late", "limit", "evidence", "once", "own", "returns"}
)
REQUIRED = ("doc", "scope", "each", "aggregate", "window")
FLAGS: Mapping[str, frozenset[str]] = {
    "once": frozenset({"count", "sum", "distinct", "histogram"}),
    "own": frozenset({"log"}),
    "returns": frozenset({"log"}),
}
"""Which aggregates a flag is for."""

AGGREGATES = ("count", "sum", "share", "distinct", "histogram", "log", "stays")
LIMITS = {"distinct": 100, "histogram": 1_000}
"""Different values that a bucket tells apart unless the pack says otherwise; a log has to say."""
UNLIMITED = frozenset({"count", "sum", "share"})
MAX_LIMIT = 10_000
EVIDENCE = 10
MAX_EVIDENCE = 100
NAME = re.compile(r"[a-z][a-z0-9_]*")


class FeatureBuilder:
    """Checks the features of a pack; slots are numbered within the level at which a feature is known.

    Args:
        functions: Takes what is generated.
        names: Exemptions and tables of the pack.
        meanings: The exemptions as they are written.
        knowledge: The pack's tables.
        problems: Takes what is wrong.
    """

    def __init__(
        self,
        functions: FunctionSet,
        names: Names,
        meanings: Mapping[str, str],
        knowledge: Knowledge,
        problems: Problems,
    ) -> None:
        self._functions = functions
        self._names = names
        self._meanings = meanings
        self._knowledge = knowledge
        self._problems = problems
        self._slots: dict[str, int] = {}
        self._found: dict[str, DeclaredFeature] = {}
        self._drafts: dict[str, Draft] = {}
        self._fused: dict[tuple[tuple[str, ...], ...], Observer] = {}

    def declare_all(self, items: Mapping[str, Item]) -> dict[str, DeclaredFeature]:
        """Check all features, those that look at others after those; the order given is the order declared."""
        pasts = PastBuilder(self._problems, self._next_slot)
        later = {name for name, item in items.items() if items.keys() & set(NAME.findall(expressions(item))) - {name}}
        of_past = {name for name, item in items.items() if _is_past(item)}
        for name in [name for name in items if name not in later and name not in of_past]:
            self._keep(name, self._declare(name, items[name], {}))
        logs = {n: f.info for n, f in self._found.items() if f.info.aggregate == "log" and not f.parts["own"]}
        for name in [name for name in items if name in later and name not in of_past]:
            self._keep(name, self._declare(name, items[name], logs))
        broken = items.keys() - self._found.keys() - of_past
        for name in [name for name in items if name in of_past]:
            self._keep(name, pasts.declare(name, items[name], self._found, broken))
        return {name: self._found[name] for name in items if name in self._found}

    def _keep(self, name: str, found: DeclaredFeature | None) -> None:
        if found is not None:
            self._found[name] = found

    def _next_slot(self, level: str) -> int:
        self._slots[level] = self._slots.get(level, -1) + 1
        return self._slots[level]

    def _declare(self, name: str, item: Item, logs: Mapping[str, FeatureInfo]) -> DeclaredFeature | None:
        """Check one feature; None when it was reported."""
        before = len(self._problems.errors)
        section = Section(item, f"feature {name}", self._problems, KEYS, REQUIRED)
        scope = section.choice("scope", tuple(SCOPES))
        each = cast("Each", section.choice("each", tuple(LEVELS)))
        aggregate = section.choice("aggregate", AGGREGATES)
        if not (each and scope and aggregate):
            return None
        level = SCOPES[scope].level
        if LEVELS[each] < LEVELS[level]:
            message = f"the {scope} is not known for each {each}"
            section.refuse(section.values["each"], message, f"write each: {level}")
            return None
        window = read_window(section, log=aggregate in {"log", "stays"}) or Window()
        uses = Uses()
        desk = Desk(section.owner, self._problems, uses)
        draft = Draft(section, desk, self._level(each, logs), aggregate)
        draft.read()
        limit = _limit(section, aggregate)
        flags = _flags(section, aggregate, each)
        late = read_span(section, "late") or None
        if len(self._problems.errors) > before:
            return None
        info = FeatureInfo(
            each=level,
            index=self._next_slot(level),
            aggregate=aggregate,
            value=draft.value_type(),
            entry=draft.entry,
            limit=limit or MAX_LIMIT,
            own_value=each == level,
            scope=scope,
            own=flags["own"],
            by_day=bool(window.days) and aggregate in {"count", "sum"},
        )
        derived = bool(uses.features or uses.references or SCOPES[scope].registry)
        parts = {
            "name": name,
            "fid": f"{name}-{self._digest(section, window, uses)}",
            "doc": section.text("doc"),
            "scope": scope,
            "each": each,
            "aggregate": aggregate,
            "days": window.days,
            "span": window.span,
            "resolution": window.resolution,
            "late": late,
            "limit": limit,
            "evidence": section.whole("evidence", EVIDENCE, 0, MAX_EVIDENCE),
            "fields": draft.fields,
            "events": draft.events,
            "index": info.index,
            "derived": derived,
            "looks": bool(uses.features),
            "known_codes": draft.known_codes(),
            "items": self._items(draft) if each != "settlement" else (),
            **flags,
        }
        self._drafts[name] = draft
        functions = draft.write(self._functions, f"feature_{name}")
        return DeclaredFeature(info, uses, parts, {**functions, "fuse": lambda: self._fuse})

    def _fuse(self, scopes: tuple[tuple[str, ...], ...]) -> Observer:
        """Compile the observing of several features, named by scope, into one function."""
        if scopes not in self._fused:
            steps = [[self._drafts[name].step(**self._row(name)) for name in names] for names in scopes]
            self._fused[scopes] = self._functions.fuse_steps("observer", steps, Observation)
        return self._fused[scopes]

    def _row(self, name: str) -> dict[str, Any]:
        """Where a feature's observations go."""
        parts = self._found[name].parts
        return {"fid": parts["fid"], "part": SCOPES[parts["scope"]].part}

    def _level(self, each: Each, logs: Mapping[str, FeatureInfo]) -> Names:
        names = self._names
        return Names(
            each=each,
            features=logs,
            withheld={name: why for name, why in names.withheld.items() if name not in logs},
            broken=names.broken,
            exemptions=names.exemptions,
            tables=names.tables,
        )

    def _items(self, draft: Draft) -> tuple[Callable[[str], bool], ...]:
        knowledge = self._knowledge
        return tuple(
            knowledge.table(table, column).has if table in knowledge.tables else _never
            for table, column in draft.tables()
        )

    def _digest(self, section: Section, window: Window, uses: Uses) -> str:
        """Hash what the state means: everything but names, texts and how much is kept."""
        texts = [section.text(key) for key in ("scope", "each", "aggregate", "where", "of", "at", "begin", "end")]
        texts += [f"{key.value}={value.value}" for key, value in section.named("fields")]
        texts += [event.value for event in section.texts("events")]
        texts += [self._meanings[name] for name in sorted(uses.exemptions)]
        texts += [self._found[name].parts["fid"] for name in sorted(uses.features)]
        texts += [flag for flag in ("once", "returns") if section.flag(flag)]
        texts.append(f"{window.days} {window.span} {window.resolution}")
        joined = "\n".join(" ".join(text.split()) for text in texts)
        return hashlib.sha256(joined.encode()).hexdigest()[:8]


def _never(_item: str) -> bool:
    """Tell whether a table that is absent has an item."""
    return False


def _is_past(item: Item) -> bool:
    return item.kind == "mapping" and any(key.value in PAST_KEYS - KEYS for key, _ in item.items())


def _flags(section: Section, aggregate: str, each: Each) -> dict[str, bool]:
    """Read the flags; those that mean nothing here are reported."""
    found = {name: section.flag(name) for name in FLAGS}
    for name, value in found.items():
        if value and (aggregate not in FLAGS[name] or (name != "own" and each == "settlement")):
            section.refuse(section.values[name], f"{name} means nothing for a {aggregate} of each {each}")
    return found


def _limit(section: Section, aggregate: str) -> int:
    """Read the limit of what a key lists; 0 where it lists nothing."""
    item = section.values.get("limit")
    if aggregate in UNLIMITED:
        if item is not None:
            section.refuse(item, f"a {aggregate} keeps no list to limit")
        return 0
    if aggregate in {"log", "stays"} and item is None:
        what = "a log" if aggregate == "log" else "stays"
        section.refuse(section.item, f"{what} without limit is unbounded", "limit: how many entries a key keeps")
    return section.whole("limit", LIMITS.get(aggregate, 1), 1, MAX_LIMIT)
