"""What a run tells people."""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

from tests.chaos.verdict import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.conductor import Diary, Injected
    from tests.chaos.faults import Field
    from tests.chaos.story import Story
    from tests.chaos.verdict import Verdict


def told(story: Story, at: Field, diary: Diary, verdict: Verdict) -> Iterator[str]:
    """Yield the lines of the report, the verdict last."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in story.kinds.most_common())
    yield ""
    yield f"input: {len(story):,} lines, {story.settlements:,} different settlements"
    yield f"  {kinds}"
    yield f"  {story.sharing:,} lines touch rows that lines of other partitions touch too"
    yield f"run: {diary.seconds:.0f} s, {len(story) / max(diary.seconds, 1e-9):,.0f} lines/s"
    memory = max((worker.largest_kib for worker in at.installation.fleet), default=0) / 1024
    yield f"  largest worker: {memory:.0f} MiB"
    yield ""
    yield from _faults(diary.injected)
    yield from diary.ended
    yield from at.bad_stops
    if diary.stuck is not None:
        yield f"stuck: {diary.stuck}"
    yield ""
    yield "; ".join(f"{count:,} {what}" for what, count in verdict.counts.items())
    yield from explain(verdict)
    yield str(verdict)


def _faults(injected: list[Injected]) -> Iterator[str]:
    """Yield a table: how long each kind of fault took, and how long partitions were silent."""
    by_kind: dict[str, list[Injected]] = defaultdict(list)
    for each in injected:
        by_kind[each.kind].append(each)
    yield f"{'fault':<18} {'times':>5}   {'recovered after, s':>20}   {'silence of a partition, s':>26}"
    yield f"{'':<18} {'':>5}   {'median':>10}{'longest':>10}   {'median':>13}{'longest':>13}"
    for kind, cases in sorted(by_kind.items()):
        recovered, silent = [case.recovered for case in cases], [case.silence for case in cases]
        yield (
            f"{kind:<18} {len(cases):>5}   {median(recovered):>10.1f}{max(recovered):>10.1f}   "
            f"{median(silent):>13.1f}{max(silent):>13.1f}"
        )
