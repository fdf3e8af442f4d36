"""Cost of the compiled shipped rules on one settlement of five lines, beside the same conditions written by hand.

Run: ``python -m tests.bench.bench_language``
"""

from __future__ import annotations

import sys
import timeit
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from streams.contract.events import TraceCode
from streams.rules.pack import load_pack
from tests.unit.language.bench import context, event, line

if TYPE_CHECKING:
    from streams.rules.specs import Pack

DEPLOY = Path(__file__).parents[2] / "deploy"
LINES = 5
ROUNDS = 15
CALLS = 2_000


def compiled(pack: Pack, seen: Any, world: Any) -> int:
    """Run every rule as the engine does; gives the number of hits."""
    hits = 0
    for rule in pack.rules:
        if rule.each == "settlement":
            hits += bool(rule.when(world, seen, None, None, None, rule.defaults))
    for row in seen.feedetail:
        for rule in pack.rules_for(row.med_list_codg):
            if rule.each == "code":
                for code in row.drug_trac_info:
                    hits += rule.when(world, seen, row, code, None, rule.defaults) is True
            elif rule.facts is None:
                hits += rule.when(world, seen, row, None, None, rule.defaults) is True
            else:
                for fact in rule.facts(seen, row, None):
                    hits += rule.when(world, seen, row, None, fact, rule.defaults) is True
    return hits


def by_hand(seen: Any, world: Any) -> int:
    """The same conditions, without a pack, parameters or tables."""
    hits = int(world.f[0].count >= 3)
    hits += world.f[1].same >= 8 and world.f[1].same / world.f[1].total >= 0.3
    for row in seen.feedetail:
        limit = row.pric_uplmt_amt
        hits += limit is not None and 0 < limit < row.pric
        record = world.practitioner
        hits += record is not None and record.status in {"suspended", "terminated"}
        for code in row.drug_trac_info:
            hits += code.trdn_flag != "1" and world.kf[0].count > 0
    return hits


def main() -> None:
    """Print microseconds for each settlement, best of several interleaved rounds, and the ratio."""
    pack = load_pack(DEPLOY / "rules", DEPLOY / "knowledge")
    codes = [TraceCode(drug_trac_codg="8177001000000000000" + str(n)) for n in range(2)]
    lines = [line(feedetl_sn=str(n), med_list_codg=f"X{n}", pric=1_000_000, drug_trac_info=codes) for n in range(LINES)]
    seen = event(feedetail=lines)
    world = context(
        f=[SimpleNamespace(count=1), SimpleNamespace(same=1, total=30)],
        kf=[SimpleNamespace(count=0, entries=[])],
        practitioner=SimpleNamespace(status="active"),
    )
    assert compiled(pack, seen, world) == by_hand(seen, world) == 0
    hand, rules = [], []
    for _ in range(ROUNDS):
        hand.append(timeit.timeit(lambda: by_hand(seen, world), number=CALLS) / CALLS * 1e6)
        rules.append(timeit.timeit(lambda: compiled(pack, seen, world), number=CALLS) / CALLS * 1e6)
    best_hand, best = min(hand), min(rules)
    sys.stdout.write(
        f"{len(pack.rules)} rules, {LINES} lines: by hand {best_hand:.2f} us, compiled {best:.2f} us, "
        f"ratio {best / best_hand:.2f}\n"
    )


if __name__ == "__main__":
    main()
