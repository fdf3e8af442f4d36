"""`prewarn screen`: the engine of the stream worker over files."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import click
import orjson

from models.snapshot import SnapshotError, freeze, read, thaw
from streams.cli.errors import Unusable
from streams.contract.decode import Limits, decode_event
from streams.contract.feedback import decode_feedback
from streams.contract.person import Outgoing
from streams.contract.rejected import Rejected
from streams.contract.results import stamp
from streams.engine.engine import Engine
from streams.engine.references import References, Registry
from streams.engine.scoring import scoring_of
from streams.engine.teaching import Teaching
from streams.evaluation import Scoreboard, read_labels
from streams.files import FileError, Line, LineWriter, read_lines
from streams.language.problems import PackError
from streams.memory import set_aside, spare_long_lived_objects
from streams.rules.pack import load_pack
from streams.settings import load
from streams.state.rows import Position
from streams.state.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from models.online import OnlineModel
    from streams.contract.events import Event
    from streams.contract.feedback import Feedback
    from streams.engine.engine import Outcome
    from streams.settings import Settings

KEY_OF_FILE_RUNS: Final = b"prewarn: file run without a key"
"""Person references of runs without a key are the same in every run, and no secret."""

REST_EVERY: Final = 2_000
"""Lines after which changed rows are encoded again, as after a checkpoint of a worker."""

Folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("events", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--reference", type=Folder, help="Registry facts: institutions, practitioners, persons (.jsonl).")
@click.option("--knowledge", type=Folder, help="The rules' tables. Default: the shipped ones.")
@click.option("--rules", type=Folder, help="The rule pack. Default: the shipped one.")
@click.option(
    "--feedback",
    type=click.Path(exists=True, dir_okay=False),
    help="Feedback; the model learns it when it was decided.",
)
@click.option("--model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A model to begin with.")
@click.option(
    "--save-model", type=click.Path(dir_okay=False, path_type=Path), help="Keep the model as it is at the end."
)
@click.option(
    "--labels", type=click.Path(exists=True, dir_okay=False), help="Labels: recall and precision of each rule."
)
@click.option("-o", "--output", default="-", help="Where results go; '-' is standard output.")
@click.option("--dead-letters", help="Where lines that cannot be screened go, with reason and place.")
def screen(
    events: tuple[str, ...],
    reference: Path | None,
    knowledge: Path | None,
    rules: Path | None,
    feedback: str | None,
    model: Path | None,
    save_model: Path | None,
    labels: str | None,
    output: str,
    dead_letters: str | None,
) -> None:
    """Screen EVENTS (JSON Lines; .gz and .zst too; '-' is standard input) in the order of their lines.

    Results are JSON Lines. Exits with 0 when every line was screened, with 1 when some could not be (each is
    reported on standard error), with 2 when arguments, rules or files cannot be used.
    """
    settings = load(required=())
    limits = Limits(max_bytes=settings.max_record_bytes, future_ms=round(settings.future_tolerance * 1000))
    try:
        pack = load_pack(rules or settings.rules_dir, knowledge or settings.knowledge_dir)
        references = References() if reference is None else read_references(reference, limits.max_bytes)
        heard = [] if feedback is None else _read_feedback(feedback, limits.max_bytes)
        store = Store()
        store.hold({0})
        scoring = scoring_of(settings, store, None if model is None else read_model(model))
        key = person_key(settings)
        engine = Engine(pack, store, settings.state_key.encode() if settings.state_key else key, references, scoring)
        with ExitStack() as stack:
            results = stack.enter_context(LineWriter(output))
            kept = stack.enter_context(LineWriter(dead_letters)) if dead_letters else None
            spare_long_lived_objects()
            scoreboard = Scoreboard(read_labels(labels)) if labels else None
            run = FileRun(engine, store, limits, Outgoing(key), results, kept, scoreboard, heard)
            run.screen(events)
            run.hear_all()
        if save_model is not None and scoring is not None:
            save_model.write_bytes(freeze(scoring.model))
    except PackError as error:
        raise Unusable(f"the rule pack cannot be used:\n{error}") from None
    except FileError as error:
        raise Unusable(str(error)) from None
    except BrokenPipeError:
        # Whoever read the results has seen enough. Python would complain when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    if scoreboard is not None:
        click.echo(scoreboard.report(), err=True)
    click.echo(run.summary(), err=True)
    sys.exit(1 if run.rejected else 0)


class FileRun:
    """Screens lines one after the other, as a worker screens the records of one partition."""

    def __init__(
        self,
        engine: Engine,
        store: Store,
        limits: Limits,
        outgoing: Outgoing,
        results: LineWriter,
        dead_letters: LineWriter | None,
        scoreboard: Scoreboard | None = None,
        feedback: list[Feedback] | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._limits = limits
        self._outgoing = outgoing
        self._results = results
        self._dead_letters = dead_letters
        self._scoreboard = scoreboard
        #: What is still to be heard, the earliest last.
        self._feedback = sorted(feedback or (), key=lambda each: each.decided_at, reverse=True)
        self._teaching = Teaching(store)
        self.unknown = 0
        self._offset = 0
        self.kinds: Counter[str] = Counter()
        self.actions: Counter[str] = Counter()
        self.rejected = 0

    def screen(self, files: Iterable[str]) -> None:
        """Screen every line of every file.

        Raises:
            FileError: A file cannot be read or written.
        """
        for name in files:
            for line in read_lines(name, self._limits.max_bytes):
                self._line(name, line)
                self._offset += 1
                if self._offset % REST_EVERY == 0:
                    self._store.rest()
                    set_aside()

    def hear_all(self) -> None:
        """Learn what was decided after the last event."""
        self._hear(sys.maxsize)

    def _hear(self, now: int) -> None:
        """Learn what was decided by now (ms); what is about settlements that were not screened is counted."""
        scoring = self._engine.scoring
        while scoring is not None and self._feedback and self._feedback[-1].decided_at <= now:
            try:
                lesson = self._teaching.lesson(self._feedback.pop())
            except KeyError:
                self.unknown += 1
                continue
            if lesson is not None:
                scoring.model.learn(lesson)

    def _line(self, name: str, line: Line) -> None:
        try:
            event = decode_line(line, self._limits)
        except Rejected as rejected:
            self._reject(name, line, rejected)
            return
        self._hear(event.time)
        outcome = self._engine.screen(event, Position(0, self._offset))
        self.kinds[outcome.kind] += 1
        self._report_failures(name, line, outcome)
        if outcome.answer is not None:
            self.actions[outcome.action] += 1
            if self._scoreboard is not None and outcome.result is not None:
                self._scoreboard.take(event.setl_id or "", (hit.rule_id for hit in outcome.result.violations))
            self._results.write(stamp(outcome.answer, int(time.time() * 1000), self._outgoing))

    def _reject(self, name: str, line: Line, rejected: Rejected) -> None:
        self.rejected += 1
        click.echo(f"{name}:{line.number}: {rejected.reason}: {rejected.detail}", err=True)
        if self._dead_letters is not None:
            letter = {
                "file": name,
                "line": line.number,
                "reason": rejected.reason,
                "detail": rejected.detail,
                # JSON has no bytes: what is not UTF-8 is shown by its escapes.
                "value": line.data.decode(errors="backslashreplace"),
            }
            self._dead_letters.write(orjson.dumps(letter))

    def _report_failures(self, name: str, line: Line, outcome: Outcome) -> None:
        for rule_id, kind in outcome.failed:
            click.echo(f"{name}:{line.number}: rule {rule_id} raised {kind}; the result is partial", err=True)

    def summary(self) -> str:
        """One line: what was read and what was decided."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        actions = ", ".join(f"{self.actions[action]} {action}" for action in ("pass", "remind", "review", "hold"))
        unknown = f"; {self.unknown} feedback records on settlements that were not screened" if self.unknown else ""
        return f"screened {kinds or 'nothing'}; {actions}; {self.rejected} dead-lettered{unknown}"


def decode_line(line: Line, limits: Limits) -> Event:
    """The event of a line; raises `Rejected`."""
    if line.too_large:
        raise Rejected("too-large", f"$: more than {limits.max_bytes} bytes")
    return decode_event(line.data, arrived=None, limits=limits)


def read_references(folder: Path, max_bytes: int) -> References:
    """Registry facts from files named as the registries; a file that is absent means no facts of that kind.

    Raises:
        FileError: A file, or a record in it, cannot be read.
    """
    references = References()
    for registry in get_args(Registry):
        path = folder / f"{registry}.jsonl"
        if not path.exists():
            continue
        for line in _records(path, max_bytes):
            try:
                references.take(registry, line.data)
            except Rejected as rejected:
                raise FileError(f"{path}:{line.number}: {rejected.reason}: {rejected.detail}") from None
    return references


def read_model(path: Path) -> OnlineModel:
    """A model from a snapshot's file.

    Raises:
        FileError: It cannot be used.
    """
    try:
        return thaw(read(path.read_bytes()))
    except SnapshotError as error:
        raise FileError(f"{path}: {error}") from None


def _read_feedback(path: str, max_bytes: int) -> list[Feedback]:
    found = []
    for line in _records(path, max_bytes):
        try:
            found.append(decode_feedback(line.data))
        except Rejected as rejected:
            raise FileError(f"{path}:{line.number}: {rejected.reason}: {rejected.detail}") from None
    return found


def _records(path: str | Path, max_bytes: int) -> Iterator[Line]:
    """The lines of a file that people edit: blank ones mean nothing."""
    return (line for line in read_lines(path, max_bytes) if line.data.strip())


def person_key(settings: Settings) -> bytes:
    """The configured key of person references, or one that is no secret."""
    if settings.person_key is None:
        click.echo("PREWARN_PERSON_KEY is not set: person references in the results are no secret", err=True)
        return KEY_OF_FILE_RUNS
    return settings.person_key.encode()
