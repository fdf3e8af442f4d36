"""The command `prewarn`: one module for each subcommand, imported only when it is used."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "demo": "The whole system on this machine with nothing else installed.",
    "worker": "One stream worker.",
    "screen": "The same engine over files.",
    "simulate": "Labelled, reproducible event streams.",
    "rules": "Check and print rule packs.",
    "models": "Judge the online model, and look after its snapshots.",
    "topics": "Declare and check the Kafka topics; send dead letters back.",
    "status": "Who screens what, and what waits.",
    "doctor": "What is wrong with the installation, and what to do.",
}
"""What `prewarn --help` lists; the text stands here so that help imports no command."""

FAILED: Final = 1
UNUSABLE: Final = 2
DEBUG: Final = "PREWARN_DEBUG"


class Commands(click.Group):
    """Finds a subcommand in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a subcommand; nothing for a name that is none."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"streams.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted and not ctx.resilient_parsing:
        from streams.observability.version import version  # noqa: PLC0415 - only this option needs it

        click.echo(f"prewarn {version()}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show it.")
def prewarn() -> None:
    """Screen medical-insurance settlements before they are paid.

    Settings are read from PREWARN_… variables and the TOML file PREWARN_CONFIG names. Exit code 2 means that
    arguments or settings cannot be used. PREWARN_DEBUG=1 shows the traceback of an unexpected error.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 unusable arguments or settings."""
    try:
        prewarn.main(args=arguments, prog_name="prewarn")
    except Exception as error:  # whatever it is, the user gets one line
        if os.environ.get(DEBUG):
            raise
        sys.exit(_report(error))
    sys.exit(0)


def _report(error: Exception) -> int:
    """Say what went wrong, log where, and return the exit code."""
    from streams.observability.logs import describe, places  # noqa: PLC0415 - help must be quick
    from streams.settings import SettingsError  # noqa: PLC0415

    if isinstance(error, SettingsError):
        click.echo(f"prewarn: the settings cannot be used:\n{error}", err=True)
        return UNUSABLE
    where = places(error.__traceback__)[-1]
    click.echo(f"prewarn: unexpected error: {describe(error)} at {where} ({DEBUG}=1 shows more)", err=True)
    _log(error)
    return FAILED


def _log(error: Exception) -> None:
    """Leave the whole way to the error in the log, where a command has set one up."""
    import logging  # noqa: PLC0415

    if logging.getLogger().handlers:
        logging.getLogger(__name__).error("unexpected error", exc_info=error)
