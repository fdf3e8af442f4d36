"""`prewarn worker`: one stream worker."""

from __future__ import annotations

import logging
import sys

import click

from streams.cli.errors import Unusable
from streams.language.problems import PackError
from streams.memory import spare_long_lived_objects
from streams.observability.logs import configure
from streams.observability.probes import ProbeServerError
from streams.observability.traces import TracesUnavailableError
from streams.rules.pack import load_pack
from streams.settings import load
from streams.state.disk import StoreError
from streams.topology.deployment import signature

logger = logging.getLogger(__name__)


@click.command()
def worker() -> None:
    """Screen settlements from Kafka until told to stop (SIGTERM, Ctrl-C).

    Every setting comes from the environment or the file PREWARN_CONFIG; see deploy/prewarn.env.example.
    """
    settings = load(required=["person_key"])
    configure(settings.log_level, settings.log_format)
    seen = signature(settings.rules_dir, settings.knowledge_dir)
    try:
        pack = load_pack(settings.rules_dir, settings.knowledge_dir)
    except PackError as error:
        raise Unusable(f"the rule pack cannot be used:\n{error}") from None
    spare_long_lived_objects()
    # Faust is slow to import, and a wrong setting should be told at once.
    from streams.topology.clients import Unreachable  # noqa: PLC0415
    from streams.topology.worker import Worker  # noqa: PLC0415

    try:
        status = Worker(settings, pack, seen).run()
    except (ProbeServerError, TracesUnavailableError, Unreachable, StoreError) as error:
        raise click.ClickException(str(error)) from None
    sys.exit(status)
