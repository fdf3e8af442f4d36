"""The rules of a pack for one kind of visit, arranged so that an event asks as little as it can."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.rules.specs import Pack, Params, RuleSpec, Sieve, When

#: Items whose rules are remembered: more than any province's catalogue has in use.
ITEMS_KEPT = 100_000


class Sifted(NamedTuple):
    """Rules that are asked together."""

    places: tuple[int, ...]
    sieve: Sieve


class ByItem(NamedTuple):
    """The rules for lines with an item; None where there are none."""

    line: Sifted | None
    code: Sifted | None
    #: For trace codes that were met before.
    known: Sifted | None


class Visit:
    """The rules for one kind of visit; each has a place among them."""

    def __init__(self, pack: Pack, forms: tuple[RuleSpec, ...]) -> None:
        self.forms = forms
        self._fuse = pack.fuse
        #: Conditions that silence any of them.
        self.exemptions = tuple(
            found for name, found in pack.exemptions.items() if any(name in form.unless for form in forms)
        )
        #: Conditions on the event without which a rule cannot hold for any of its lines, with the rule's place.
        self.gates = tuple((place, form.gate) for place, form in enumerate(forms) if form.gate is not None)
        early = [*(exemption.when for exemption in self.exemptions), *(gate for _, gate in self.gates)]
        #: Tells which of the exemptions, and then of the gates, hold.
        self.early: Sieve = _asking(early) if pack.fuse_early is None else pack.fuse_early(tuple(early))
        self.no_params = ((),) * len(early)
        self.settlement = self._sifted(lambda form: form.each == "settlement")
        self.prescriber = self._sifted(lambda form: form.each == "line" and form.once)
        self.has_lines = any(form.each != "settlement" for form in forms)
        #: What `of` gave, by item.
        self.items: dict[str, ByItem] = {}
        self._built: dict[tuple[int, ...], ByItem] = {}

    def of(self, item: str) -> ByItem:
        """The rules for an item: those without a table, and those whose table has it."""
        found = self.items.get(item)
        if found is None:
            if len(self.items) >= ITEMS_KEPT:
                self.items.clear()
            has = [form.has is None or form.has(item) for form in self.forms]
            key = tuple(place for place, ok in enumerate(has) if ok)
            if key not in self._built:
                asked = frozenset(id(self.forms[place]) for place in key)
                self._built[key] = ByItem(
                    self._sifted(lambda form: id(form) in asked and form.each == "line" and not form.once),
                    self._sifted(lambda form: id(form) in asked and form.each == "code" and not form.known_codes),
                    self._sifted(lambda form: id(form) in asked and form.each == "code" and form.known_codes),
                )
            found = self.items[item] = self._built[key]
        return found

    def selected(self, holding: frozenset[int], day: int, area: str) -> tuple[Params | None, ...]:
        """The parameters of each rule for an event, None for those that do not apply.

        Args:
            holding: Which of the exemptions, and then of the gates, hold.
            day: Beijing day of the event.
            area: Treatment area.
        """
        exempt = frozenset(exemption.name for place, exemption in enumerate(self.exemptions) if place in holding)
        gates = enumerate(self.gates, len(self.exemptions))
        closed = {rule for place, (rule, _) in gates if place not in holding}
        return tuple(
            None if place in closed else _params(form, exempt, day, area) for place, form in enumerate(self.forms)
        )

    def _sifted(self, choose: Callable[[RuleSpec], bool]) -> Sifted | None:
        chosen = tuple((place, form) for place, form in enumerate(self.forms) if choose(form))
        if not chosen:
            return None
        places = [place for place, _ in chosen]
        return Sifted(tuple(places), (lambda *_: places) if self._fuse is None else self._fuse(chosen))


def _asking(conditions: list[When]) -> Sieve:
    """What asks conditions one by one."""
    return lambda c, e, *_: [place for place, when in enumerate(conditions) if when(c, e, None, None, None, ())]


def _params(rule: RuleSpec, exempt: frozenset[str], day: int, area: str) -> Params | None:
    if rule.effective_from is not None and day < rule.effective_from:
        return None
    if rule.effective_to is not None and day > rule.effective_to:
        return None
    return None if exempt.intersection(rule.unless) else rule.params_for(area)
