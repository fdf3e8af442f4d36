"""`prewarn status`: who screens what, and what waits."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

import click
import orjson

from streams import settings
from streams.contract.time import format_time
from streams.observability import logs
from streams.topology.clients import Unreachable, connect
from streams.topology.standing import Newest, Standing, StandingError, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S: Final = 8.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def status(*, as_json: bool) -> None:
    """Show who holds which partition, what waits in each, and when results and dead letters were last written.

    As the brokers know it: it needs no worker to answer. Exit code 1: they do not tell.
    """
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    try:
        stands = standing(chosen, connect(chosen, PATIENCE_S))
    except (Unreachable, StandingError) as error:
        click.echo(f"prewarn status: {error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(orjson.dumps(_plain(stands, chosen.group_id)))
    else:
        click.echo("\n".join(_lines(stands, chosen.group_id, time.time())))


def _plain(stands: Standing, group: str) -> dict[str, object]:
    return {
        "group": group,
        "state": stands.state,
        "members": [member._asdict() for member in stands.members],
        "partitions": [{**part._asdict(), "waiting": part.waiting} for part in stands.backlog],
        "results": stands.results._asdict(),
        "dead_letters": stands.dead_letters._asdict(),
    }


def _lines(stands: Standing, group: str, now: float) -> Iterator[str]:
    yield f"group {group}: {stands.state.lower()}, {len(stands.members)} workers"
    for member in stands.members:
        held = " ".join(map(str, member.partitions)) or "no partition"
        yield f"  {member.name} at {member.host}: {held}"
    yield f"{'partition':>9} {'screened to':>12} {'end':>12} {'waiting':>9}  oldest"
    for part in stands.backlog:
        reached = "-" if part.committed is None else part.committed
        age = "" if part.oldest is None else f"{max(0.0, now - part.oldest / 1000):.1f} s"
        yield f"{part.partition:9} {reached:>12} {part.end:12} {part.waiting:9}  {age}".rstrip()
    yield f"{'all':>9} {'':12} {'':12} {sum(part.waiting for part in stands.backlog):9}"
    yield _newest("results", stands.results)
    yield _newest("dead letters", stands.dead_letters)


def _newest(name: str, newest: Newest) -> str:
    last = "none" if newest.at is None else f"the last at {format_time(newest.at)}"
    return f"{name}: {newest.records} kept, {last}"
