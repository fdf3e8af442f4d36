"""`prewarn doctor`: what is wrong with the installation, and what to do."""

from __future__ import annotations

import sys
from typing import Final

import click

from streams import settings
from streams.observability import logs
from streams.topology.clients import Unreachable, connect
from streams.topology.doctor import Finding, examine

PATIENCE_S: Final = 8.0


@click.command()
def doctor() -> None:
    """Look at brokers, topics, partitions, access, group, state, clock and rules, and say what to do.

    Uses the same settings as a worker and changes nothing. Exit code 1: there is a problem.
    """
    chosen = settings.load()
    logs.configure(chosen.log_level, chosen.log_format)
    findings: list[Finding] = []
    try:
        client = connect(chosen, PATIENCE_S)
    except Unreachable as error:
        remedy = "check the address, PREWARN_SECURITY_PROTOCOL, the CA and the password; then the brokers"
        findings.append(Finding("brokers", "problem", str(error), remedy))
        click.echo(str(findings[0]))
    else:
        for finding in examine(chosen, client):
            findings.append(finding)
            click.echo(str(finding))
    problems = sum(finding.level == "problem" for finding in findings)
    click.echo(f"{problems or 'no'} problem{'' if problems == 1 else 's'}")
    sys.exit(1 if problems else 0)
