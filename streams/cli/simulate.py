"""`prewarn simulate`: labelled, reproducible event streams, to files or to the topic."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams import settings
from streams.cli.errors import Unusable
from streams.files import STDIO, FileError, LineWriter
from streams.simulate import SCENARIOS, Simulation, SimulationConfig
from streams.simulate.sending import DeliveryFailed, Pace, Sender
from streams.topology import clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.settings import Settings
    from streams.simulate import Reference, Simulated

PATIENCE_S: Final = 8.0
"""How long brokers are waited for before the command gives up."""
INTERRUPTED: Final = 130
_EVENTS: Final = "settlement.events"
_REFERENCES: Final = {"institutions": "fixmedins_code", "practitioners": "bilg_dr_codg", "persons": "psn_no"}
_BEIJING: Final = timedelta(hours=8)
_SHOWN_EVERY: Final = 200


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another province.")
@click.option("--events", type=int, default=10_000, show_default=True, help="How many events, of every kind.")
@click.option("--days", type=int, default=1, show_default=True, help="Over how many days.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2026-11-02", show_default=True, help="First day.")
@click.option("--scenario", "scenarios", multiple=True, type=click.Choice(list(SCENARIOS), case_sensitive=False),
              metavar="ID", help=f"Only these of {', '.join(SCENARIOS)}; may be repeated.")  # fmt: skip
@click.option("--no-scenarios", is_flag=True, help="Innocent traffic only.")
@click.option("--fraud-rate", type=float, default=0.003, show_default=True,
              help="Share of events in scenarios, with their build-up and harmless twins.")  # fmt: skip
@click.option("--persons", type=int, help="Size of the population. Default: 20 for each daily event.")
@click.option("--institutions", type=int, help="Number of institutions. Default: one for 20 daily events.")
@click.option("-o", "--output", help="Events; '-' is standard output, the default without --to-kafka. .gz, .zst too.")
@click.option("--labels", help="Labels of the settlements.")
@click.option("--reference", type=click.Path(file_okay=False, path_type=Path), help="Folder for registry facts.")
@click.option("--to-kafka", is_flag=True, help="Send registry facts and events to Kafka.")
@click.option("--bootstrap-servers", metavar="HOST:PORT", help="Default: PREWARN_BOOTSTRAP_SERVERS.")
@click.option("--topic", help="Default: settlement.events, under the prefix that is set.")
@click.option("--rate", type=click.FloatRange(min=0), help="Events a second to Kafka; 0, the default, = no pause.")
def simulate(
    *,
    start: datetime,
    scenarios: tuple[str, ...],
    no_scenarios: bool,
    output: str | None,
    labels: str | None,
    reference: Path | None,
    to_kafka: bool,
    bootstrap_servers: str | None,
    topic: str | None,
    rate: float | None,
    **size: Any,
) -> None:
    """Simulate settlements of a province, mostly innocent, some not, with the truth about each.

    The same options give the same bytes. Scenarios that need more days or more events than there are, are left out,
    and named on standard error. Event times are those of the simulated days. Kafka's address, TLS and SASL
    are settings (PREWARN_…). Exits with 1 when Kafka does not take a record, with 2 when arguments or files cannot be
    used, with 130 when interrupted.
    """
    if no_scenarios and scenarios:
        raise click.UsageError("--scenario and --no-scenarios exclude each other")
    if not to_kafka and (bootstrap_servers, topic, rate) != (None, None, None):
        raise click.UsageError("--bootstrap-servers, --topic and --rate need --to-kafka")
    if labels == STDIO and output in (STDIO, None) and not (to_kafka and output is None):
        raise click.UsageError("events and labels cannot both go to standard output")
    chosen = () if no_scenarios else scenarios or tuple(SCENARIOS)
    try:
        config = SimulationConfig(start=start.date(), scenarios=tuple(dict.fromkeys(chosen)), **size)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    kafka = _kafka(config, bootstrap_servers, topic) if to_kafka else None
    _Run(Simulation(config), kafka, rate or 0.0).to(output if to_kafka else output or STDIO, labels, reference)


class _Kafka:
    """Where records go in Kafka."""

    def __init__(self, chosen: Settings, topic: str | None) -> None:
        self._settings = chosen
        self.topic = topic or chosen.topic(_EVENTS)
        self.fault = clients.LastFault()
        self.sender = Sender(clients.producer_config(chosen, self.fault))

    def send_reference(self, facts: Reference) -> None:
        """Send registry facts before the events that depend on them."""
        for name, key in _REFERENCES.items():
            topic = self._settings.topic(f"reference.{name}")
            for record in getattr(facts, name):
                self.sender.send(topic, record[key], orjson.dumps(record))
        self.sender.finish()


def _kafka(config: SimulationConfig, servers: str | None, topic: str | None) -> _Kafka:
    """Connect, after making sure that no event would be dated in the future, where workers take none from."""
    over = datetime.combine(config.start + timedelta(days=config.days), datetime.min.time(), UTC)
    if over > datetime.now(UTC) + _BEIJING:
        last = date.fromordinal(config.start.toordinal() + config.days - 1)
        raise click.UsageError(
            f"{last} is not over yet, and workers refuse events of the future: choose an earlier --start"
        )
    given = {} if servers is None else {settings.env_name("bootstrap_servers"): servers}
    chosen = settings.load({**os.environ, **given})
    try:
        clients.connect(chosen, PATIENCE_S)
    except clients.Unreachable as error:
        _fail(str(error))
    return _Kafka(chosen, topic)


def _fail(reason: str) -> None:
    click.echo(f"prewarn simulate: {reason}", err=True)
    sys.exit(1)


class _Run:
    """One simulation on its way out."""

    def __init__(self, simulation: Simulation, kafka: _Kafka | None, rate: float) -> None:
        self._simulation = simulation
        self._kafka = kafka
        self._rate = rate
        self._kinds: Counter[str] = Counter()
        self._positive = 0

    def to(self, output: str | None, labels: str | None, reference: Path | None) -> None:
        """Write and send everything, and say how much that was; exits when something prevents it."""
        if self._simulation.left_out:
            click.echo(left_out(self._simulation.left_out), err=True)
        try:
            with _no_collector():
                self._write(output, labels, reference)
        except FileError as error:
            raise Unusable(str(error)) from None
        except DeliveryFailed as error:
            _fail(f"{error}; {self.summary()}")
        except BrokenPipeError:
            # Whoever read the events has seen enough. Python would complain when it closes standard output.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except KeyboardInterrupt:
            if self._kafka:
                self._kafka.sender.finish()
            click.echo(f"interrupted: {self.summary()}", err=True)
            sys.exit(INTERRUPTED)
        click.echo(self.summary(), err=True)

    def summary(self) -> str:
        """One line: what came out."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self._kinds.items()))
        delivered = f"; {self._kafka.sender.delivered} records delivered" if self._kafka else ""
        return f"{self._kinds.total()} events ({kinds or 'none'}), {self._positive} to be found{delivered}"

    def _write(self, output: str | None, labels: str | None, reference: Path | None) -> None:
        with ExitStack() as stack:
            events = stack.enter_context(LineWriter(output)) if output else None
            truths = stack.enter_context(LineWriter(labels)) if labels else None
            if reference:
                _write_reference(reference, self._simulation.reference())
            if self._kafka:
                self._kafka.send_reference(self._simulation.reference())
            for event in self._watched():
                if events:
                    events.write(event.raw)
                if truths and event.label:
                    truths.write(orjson.dumps(event.label.record()))
                self._kinds[event.kind] += 1
                self._positive += event.label.label if event.label else 0
            if self._kafka:
                self._kafka.sender.finish()

    def _watched(self) -> Iterator[Simulated]:
        """The events, sent at their pace, with a progress bar where somebody is looking."""
        pace = Pace(self._rate)
        console = Console(stderr=True)
        columns = TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task("", total=self._simulation.config.events)
            for number, event in enumerate(self._simulation):
                if self._kafka:
                    pause = pace.next()
                    if pause:
                        self._kafka.sender.wait(pause)
                    self._kafka.sender.send(self._kafka.topic, event.key, event.raw)
                yield event
                if number % _SHOWN_EVERY == 0:
                    progress.update(bar, completed=number)


def left_out(reasons: dict[str, str]) -> str:
    """One line: which scenarios do not appear, and why."""
    ids: dict[str, list[str]] = {}
    for scenario, reason in reasons.items():
        ids.setdefault(reason, []).append(scenario)
    return "left out: " + "; ".join(f"{', '.join(sorted(names))} ({reason})" for reason, names in ids.items())


@contextmanager
def _no_collector() -> Iterator[None]:
    """Without Python's cycle collector: there are no cycles, and it would look through all persons again and again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _write_reference(folder: Path, facts: Reference) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{folder}: {error.strerror or error}") from None
    for name in _REFERENCES:
        with LineWriter(folder / f"{name}.jsonl") as file:
            for record in getattr(facts, name):
                file.write(orjson.dumps(record))
