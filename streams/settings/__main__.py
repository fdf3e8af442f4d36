"""`python -m streams.settings` prints the example environment file."""

from __future__ import annotations

import sys

from streams.settings.describe import env_example

sys.stdout.write(env_example())
