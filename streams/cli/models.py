"""`prewarn models`: judges the online model, and looks after its snapshots."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from models.snapshot import SnapshotError, freeze, read, thaw
from streams.cli.errors import Unusable
from streams.cli.screen import Folder, decode_line, person_key, read_references
from streams.contract.decode import Limits
from streams.contract.rejected import Rejected
from streams.contract.time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, parse_date
from streams.contract.topics import MODELS
from streams.engine.engine import Engine
from streams.engine.references import References
from streams.evaluation import read_labels
from streams.files import FileError, read_lines
from streams.language.problems import PackError
from streams.memory import spare_long_lived_objects
from streams.prequential import WAYS, Prequential, TimedScoring
from streams.rules.pack import load_pack
from streams.settings import load
from streams.state.store import Store
from streams.topology.clients import Unreachable, connect, consumer_config, producer_config
from streams.topology.shelf import choose, in_force, names_of, read_shelf, snapshots_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.online import OnlineModel
    from models.snapshot import Snapshot
    from streams.contract.events import Event
    from streams.settings import Settings

PATIENCE_S: Final = 8.0
"""How long brokers are waited for."""
NAMED: Final = 10
"""Lines that cannot be read of which each is named."""
UNITS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


class Duration(click.ParamType):
    """A number and its unit, such as ``7d`` or ``36h``; in milliseconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+)([smhd])", str(value))
        if found is None:
            self.fail(f"{value!r} is not a number with s, m, h or d behind it, such as 7d", param, ctx)
        return int(found[1]) * UNITS[found[2]]


class Day(click.ParamType):
    """A Beijing day, ``yyyy-MM-dd``; in days since 1970."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        try:
            return parse_date(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group()
def models() -> None:
    """Judge the online model, and look after its snapshots."""


@models.command()
@click.argument("events", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.argument("labels", type=click.Path(exists=True, dir_okay=False))
@click.option("--label-delay", type=Duration(), default="7d", show_default=True, help="How late labels are known.")
@click.option("--from", "first", type=Day(), help="First day that is judged; everything before it only trains.")
@click.option("--to", "last", type=Day(), help="Last day that is judged.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False), help="Write the figures here too.")
@click.option("--plots", type=click.Path(dir_okay=False, path_type=Path), help="Draw the curves here (HTML).")
@click.option("--reference", type=Folder, help="Registry facts: institutions, practitioners, persons (.jsonl).")
@click.option("--knowledge", type=Folder, help="The rules' tables. Default: the configured ones.")
@click.option("--rules", type=Folder, help="The rule pack. Default: the configured one.")
def evaluate(
    events: str,
    labels: str,
    label_delay: int,
    first: int | None,
    last: int | None,
    json_file: str | None,
    plots: Path | None,
    reference: Path | None,
    knowledge: Path | None,
    rules: Path | None,
) -> None:
    """Replay EVENTS with LABELS that become known late, and say how well rules, model and both rank fraud.

    EVENTS are JSON Lines of settlement events in the order of their time; LABELS are JSON Lines of setl_id, label
    (0 or 1) and, optionally, scenario. Every settlement is scored with what was known by then; nothing is trained
    beforehand. Exits with 2 when arguments, rules or files cannot be used.
    """
    settings = load(required=())
    limits = Limits(max_bytes=settings.max_record_bytes, future_ms=round(settings.future_tolerance * 1000))
    try:
        pack = load_pack(rules or settings.rules_dir, knowledge or settings.knowledge_dir)
        references = References() if reference is None else read_references(reference, limits.max_bytes)
        store = Store()
        store.hold({0})
        engine = Engine(pack, store, person_key(settings), references, TimedScoring(store))
        replay = Prequential(engine, store, read_labels(labels), label_delay, first, last)
        spare_long_lived_objects()
        for event in read_events(events, limits):
            if not replay.take(event):
                break
    except PackError as error:
        raise Unusable(f"the rule pack cannot be used:\n{error}") from None
    except FileError as error:
        raise Unusable(str(error)) from None
    report = replay.report()
    for line in _table(report):
        click.echo(line)
    if report["model_errors"]:
        click.echo(f"the model failed at {report['model_errors']} settlements, and is paused after some", err=True)
    if json_file is not None:
        Path(json_file).write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))
    if plots is not None:
        from streams.cli.plots import draw  # noqa: PLC0415 - only this option needs it

        plots.write_text(draw(replay, report), "utf-8")


def read_events(name: str, limits: Limits) -> Iterator[Event]:
    """The events of a file; what cannot be read is left out, and the first few are named."""
    rejections = 0
    for line in read_lines(name, limits.max_bytes):
        try:
            yield decode_line(line, limits)
        except Rejected as rejected:
            rejections += 1
            if rejections <= NAMED:
                click.echo(f"{name}:{line.number}: {rejected.reason}: {rejected.detail}", err=True)
    if rejections:
        click.echo(f"{rejections} lines could not be read and were left out", err=True)


def _table(report: dict[str, Any]) -> Iterator[str]:
    """The figures for people."""
    model = report["model"]
    yield f"{model['events']:,} settlements judged, {model['positives']:,} of them fraud"
    yield f"{'':6} {'ROC AUC':>8} {'average precision':>18} {'precision@100 a day':>20}"
    for way in WAYS:
        found = report[way]
        figures = (found["roc_auc"], found["average_precision"], found["precision_at_100_per_day"])
        yield f"{way:6} {_figure(figures[0]):>8} {_figure(figures[1]):>18} {_figure(figures[2]):>20}"
    yield "recall by scenario, in the 1 % of settlements with the highest score:"
    for scenario in model["recall_by_scenario"]:
        parts = "  ".join(f"{way} {_figure(report[way]['recall_by_scenario'].get(scenario))}" for way in WAYS)
        yield f"  {scenario}: {parts}"
    yield "calibration of the model (promised, found):"
    for part in report["calibration"]:
        yield f"  {part['promised']:.4f}  {part['found']:.4f}  of {part['events']:,}"
    parts = ", ".join(f"{part} {cost}" for part, cost in report["microseconds_by_part"].items())
    yield f"score and learn: {report['microseconds_per_event']} µs of processor an event ({parts})"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


@models.command(name="list")
def list_() -> None:
    """Print the snapshots of the cluster, oldest first; a star marks what is in force."""
    shelf, _ = _shelf(load(required=()))
    held = in_force(shelf)
    for snapshot in snapshots_of(shelf):
        mark = "*" if held is not None and snapshot.version == held[0].version else " "
        click.echo(f"{mark} {snapshot.version}  lessons {snapshot.lessons}  River {snapshot.river}")
    if held is None:
        click.echo("no snapshot yet: workers write one when the model has learned something")


@models.command()
@click.argument("version", required=False)
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A snapshot's file.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the snapshot here.")
def show(version: str | None, path: Path | None, save: Path | None) -> None:
    """Print what the model VERSION (default: the one in force) has learned: witnesses, precision of rules, losses."""
    snapshot = _find(version, path)
    model = _alive(snapshot)
    if save is not None:
        save.write_bytes(freeze(model, snapshot.offset))
    made = f"inputs {snapshot.schema}, River {snapshot.river}"
    click.echo(f"version {snapshot.version}, lessons {snapshot.lessons}, {made}")
    click.echo(f"share of fraud among recent lessons: {model.champion.evidence.rate:.5f}")
    click.echo("how far each witness is believed (1 = as it speaks):")
    for name, weight in model.champion.trust().items():
        click.echo(f"  {name:45} {weight:7.3f}")
    click.echo("log loss on recent lessons: " + ", ".join(f"{k} {v:.5f}" for k, v in model.watch.losses.items()))
    for rule_id, (confirmed, verdicts) in model.precision.measured().items():
        click.echo(f"rule {rule_id}: {confirmed} of {verdicts} confirmed")


@models.command()
@click.argument("version")
def rollback(version: str) -> None:
    """Have all workers go back to the model VERSION.

    What was learned since is not learned again: lessons that are written from now on are.
    """
    settings = load(required=())
    snapshot = _find(version, None, settings)
    _alive(snapshot)
    choice = choose(consumer_config(settings), producer_config(settings), names_of(settings), snapshot)
    click.echo(f"model {choice.version} is in force; lessons from offset {choice.resume} on are learned")


def _shelf(settings: Settings) -> tuple[dict[bytes, bytes], int]:
    try:
        connect(settings, PATIENCE_S)
        return read_shelf(consumer_config(settings), settings.topic(MODELS))
    except Unreachable as error:
        raise Unusable(str(error)) from None


def _find(version: str | None, path: Path | None, settings: Settings | None = None) -> Snapshot:
    try:
        if path is not None:
            return read(path.read_bytes())
    except SnapshotError as error:
        raise Unusable(f"{path}: {error}") from None
    shelf, _ = _shelf(load(required=()) if settings is None else settings)
    held = in_force(shelf)
    if version is None:
        if held is None:
            raise Unusable("there is no snapshot yet")
        return held[0]
    found = {snapshot.version: snapshot for snapshot in snapshots_of(shelf)}
    if version not in found:
        raise Unusable(f"there is no snapshot {version}; there are: {', '.join(found) or 'none'}")
    return found[version]


def _alive(snapshot: Snapshot) -> OnlineModel:
    try:
        return thaw(snapshot)
    except SnapshotError as error:
        raise Unusable(str(error)) from None
