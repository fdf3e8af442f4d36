"""Compares what a run left behind with what is right, and counts what is lost, duplicated and differing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from streams.state.rows import decode_settlement
from tests.chaos.filerun import digest, said
from tests.chaos.reading import records
from tests.chaos.rows import compare_rows
from tests.chaos.verdict import Verdict

if TYPE_CHECKING:
    from tests.chaos.filerun import Digest, Expected
    from tests.chaos.installation import Installation

_REFUSED: Final = "rule pack is refused"
"""The one error that a run deploys on purpose."""
_SUSPECT: Final = (
    "duplicated: results that contradict each other",
    "differing: result",
    "differing: settlement row",
)
"""What is wrong with a settlement of which every record is told."""


def judge(installation: Installation, expected: Expected) -> Verdict:
    """Compare everything that an installation wrote with what is right; its workers have stopped."""
    verdict = Verdict()
    _alerts(installation, _results(installation, expected, verdict), verdict)
    _dead_letters(installation, expected, verdict)
    compare_rows(installation, expected, verdict)
    _logs(installation, verdict)
    _trail(installation, verdict)
    return verdict


@dataclass
class Results:
    """The results that were written.

    Attributes:
        by_revision: What each revision said, `screened_at` aside.
        effective: The highest revision, what it says to a file run's eyes, and its action.
    """

    by_revision: dict[str, dict[int, Digest]] = field(default_factory=lambda: defaultdict(dict))
    effective: dict[str, tuple[int, Digest, str]] = field(default_factory=dict)


def _results(installation: Installation, expected: Expected, verdict: Verdict) -> Results:
    """Compare the results with the file run's."""
    found = Results()
    for message in records(installation, "screening.results"):
        verdict.counts["results written"] += 1
        setl_id, revision, whole, what = _read(message.value())
        if (message.key() or b"").decode() != setl_id:
            verdict.differ("result under another key", setl_id)
        if found.by_revision[setl_id].setdefault(revision, whole) != whole:
            verdict.double("results that contradict each other", f"{setl_id} revision {revision}")
        if revision >= found.effective.get(setl_id, (0, b"", ""))[0]:
            found.effective[setl_id] = (revision, digest(what), what["action"])
    different = sum(map(len, found.by_revision.values()))
    verdict.counts["settlements compared"] = len(expected.results)
    verdict.counts["revised"] = sum(len(revisions) > 1 for revisions in found.by_revision.values())
    verdict.counts["repeated"] = verdict.counts["results written"] - different
    for setl_id, right in expected.results.items():
        if setl_id not in found.effective:
            verdict.lose("settlement without result", setl_id)
        elif found.effective[setl_id][1] != right:
            verdict.differ("result", setl_id)
    for setl_id in found.effective.keys() - expected.results.keys():
        verdict.double("result of an unknown settlement", setl_id)
    return found


def _read(body: bytes) -> tuple[str, int, Digest, dict[str, Any]]:
    """Return settlement and revision, what a repeat must say again, and what the file run must say."""
    # All but the moment, which is the last field: of bytes that are the same again nothing needs to be understood.
    whole = blake2b(body[: body.rindex(b'"screened_at"')], digest_size=12).digest()
    what, revision = said(body)
    return what["setl_id"], revision, whole, what


def _alerts(installation: Installation, results: Results, verdict: Verdict) -> None:
    """An alert is the result again, and every effective result that is not a pass has one.

    Of a provisional result that a crash cut short, result or alert may be missing: the revision has both.
    """
    met: dict[tuple[str, int], Digest] = {}
    for message in records(installation, "risk.alerts"):
        setl_id, revision, whole, _ = _read(message.value())
        if met.setdefault((setl_id, revision), whole) != whole:
            verdict.double("alerts that contradict each other", f"{setl_id} revision {revision}")
        if results.by_revision.get(setl_id, {}).get(revision, whole) != whole:
            verdict.double("alert that says another thing than its result", f"{setl_id} revision {revision}")
        if revision > results.effective.get(setl_id, (0, b"", ""))[0]:
            verdict.double("alert without result", f"{setl_id} revision {revision}")
    for setl_id, (revision, _, action) in results.effective.items():
        if action == "pass":
            continue
        verdict.counts["alerts compared"] += 1
        if (setl_id, revision) not in met:
            verdict.lose("alert", f"{setl_id} revision {revision}")


def _dead_letters(installation: Installation, expected: Expected, verdict: Verdict) -> None:
    """Every record that nobody can read is kept under one source position, with its reason."""
    places: dict[Digest, set[tuple[bytes, ...]]] = defaultdict(set)
    for message in records(installation, "screening.dead-letters"):
        name = digest(message.value())
        headers = dict(message.headers())
        places[name].add((headers["source_partition"], headers["source_offset"]))
        right = expected.dead_letters.get(name)
        if right is None:
            verdict.double("dead letter of a good record", headers)
        elif right != headers["reason"].decode():
            verdict.differ("reason of a dead letter", f"{headers} instead of {right}")
    verdict.counts["dead letters compared"] = len(expected.dead_letters)
    for name in expected.dead_letters:
        if name not in places:
            verdict.lose("dead letter", name.hex())
        elif len(places[name]) > 1:
            verdict.double("dead letter from several places", places[name])


def _logs(installation: Installation, verdict: Verdict) -> None:
    """Whatever happens around it, nothing goes wrong inside a worker that it would have to log as a fault of ours."""
    for worker in installation.fleet:
        for line in worker.log.splitlines():
            if (" ERROR streams." in line and _REFUSED not in line) or line.startswith("Traceback"):
                verdict.differ("fault in the log of a worker", line)


def _trail(installation: Installation, verdict: Verdict) -> None:
    """Tell every record of the first settlement that is wrong: what was said and remembered when."""
    suspects = [example for wrong in _SUSPECT for example in verdict.examples[wrong]]
    if not suspects:
        return
    setl_id = suspects[0].split(":")[0].split()[0]
    for name in ("screening.results", "prewarn.settlements"):
        for message in records(installation, name):
            if message.key() == setl_id.encode():
                place = f"{name} {message.partition()}:{message.offset()} at {message.timestamp()[1]}"
                verdict.note(
                    f"trail of {setl_id}", f"{place} {dict(message.headers() or ())} {_told(name, message.value())}"
                )


def _told(name: str, body: bytes) -> str:
    """Return a result, or what a settlement row remembers of one and of the event's place."""
    if name == "screening.results":
        return body.decode()
    row = decode_settlement(body)
    said_then = f"revision {said(row.answer)[1]}, {digest(said(row.answer)[0]).hex()}" if row.answer else "no answer"
    return f"{row.position}, {said_then}, provisional {row.provisional}, reversed at {row.reversed_at}"
