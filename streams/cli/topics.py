"""`prewarn topics`: declares the topics of the contract in the cluster, and finds what differs there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn, get_args

import click

from streams import settings
from streams.contract.rejected import Reason
from streams.contract.time import parse_time
from streams.contract.topics import EVENTS
from streams.observability import logs
from streams.topology import replay
from streams.topology import topics as declared
from streams.topology.clients import Unreachable, connect
from streams.topology.replay import Replay, ReplayError
from streams.topology.topics import TopicsError

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

    from streams.settings import Settings

PATIENCE_S: Final = 8.0
"""How long brokers are waited for: the command has answered within ten seconds."""


@click.group()
def topics() -> None:
    """Declare and check the Kafka topics.

    Names, partitions and copies are settings (PREWARN_TOPIC_PREFIX, PREWARN_PARTITIONS, PREWARN_REPLICATION_FACTOR …).
    Exit code 1: something is missing, different or refused.
    """


@topics.command()
def create() -> None:
    """Create the topics that are missing; those that exist stay as they are."""
    chosen, client = _cluster()
    try:
        outcome = declared.create(chosen, client)
    except TopicsError as error:
        _fail(error)
    for topic, new in outcome:
        click.echo(f"{topic}: {'created' if new else 'exists'}")


@topics.command()
def check() -> None:
    """Report what in the cluster is not as the settings ask."""
    chosen, client = _cluster()
    try:
        findings = declared.check(chosen, client)
    except TopicsError as error:
        _fail(error)
    for finding in findings:
        click.echo(str(finding))
    if findings:
        sys.exit(1)
    click.echo("all topics are as the settings ask")


@topics.command("replay-dead-letters")
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    required=True,
    type=click.Choice(get_args(Reason)),
    help="Which letters go back; may be given again.",
)
@click.option("--since", help="Look again at letters from this time on (2026-01-31T08:00:00+08:00), sent back or not.")
@click.option("--limit", type=click.IntRange(min=1), help="Send back so many at most.")
@click.option("--dry-run", is_flag=True, help="Show what would go back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay_dead_letters(
    reasons: tuple[str, ...], since: str | None, limit: int | None, *, dry_run: bool, yes: bool
) -> None:
    """Send dead letters back to the events topic, after a fix.

    Each letter goes back once for its reason; --since sends it again. A settlement that was answered before gets the
    same answer. Letters that were cut when they were kept cannot go back.
    """
    chosen, _ = _cluster()
    run = Replay(chosen, reasons, None if since is None else _moment(since), limit)
    try:
        found = run.look()
        click.echo(replay.described(found))
        if dry_run or not found.letters:
            return
        if not yes:
            click.confirm(f"send {len(found.letters)} back to {chosen.topic(EVENTS)}?", abort=True)
        click.echo(f"{run.send(found)} letters sent back to {chosen.topic(EVENTS)}")
    except ReplayError as error:
        _fail(error)


def _moment(text: str) -> int:
    try:
        return parse_time(text)
    except ValueError:
        raise click.BadParameter("must be a time such as 2026-01-31T08:00:00+08:00", param_hint="--since") from None


def _cluster() -> tuple[Settings, AdminClient]:
    """Return settings and an administrator of the cluster they name; without either, the command ends."""
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    try:
        return chosen, connect(chosen, PATIENCE_S)
    except Unreachable as error:
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    for line in str(error).splitlines():
        click.echo(f"prewarn topics: {line}", err=True)
    sys.exit(1)
