"""`prewarn demo`: the whole system on this machine."""

from __future__ import annotations

import click
from rich.console import Console

from streams.demo.broker import BrokerUnavailableError
from streams.demo.session import Demo, DemoError


@click.command()
@click.option("--seconds", type=click.FloatRange(min=1), help="End after so long, with a summary. Default: Ctrl-C.")
@click.option(
    "--rate", type=click.FloatRange(min=1), default=200.0, show_default=True, help="Simulated events a second."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed is another province.")
def demo(seconds: float | None, rate: float, seed: int) -> None:
    """Show the whole system with nothing else installed: broker, worker, simulated institutions, live alerts.

    Everything runs on this machine, listens on its loopback interface alone, keeps nothing, and ends together. The
    events are simulated; one in fifty belongs to a labelled scenario or its harmless twin, far more than in life.
    """
    console = Console()
    try:
        console.print(Demo(console, rate, seconds, seed).run(), highlight=False, markup=False, soft_wrap=True)
    except (BrokerUnavailableError, DemoError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        raise click.Abort from None
