"""`prewarn topics`: declares the topics of the contract in the cluster, and finds what differs there."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn

import click

from streams import settings
from streams.observability import logs
from streams.topology import topics as declared
from streams.topology.clients import Unreachable, connect
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
