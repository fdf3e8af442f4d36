"""How commands say that they cannot go on."""

from __future__ import annotations

import click


class Unusable(click.ClickException):
    """Arguments, rules or files that cannot be used: exit code 2, as for settings."""

    exit_code = 2
