"""Where the shipped rule pack and tables are: beside the code in a checkout, under share/ of an installed wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2] / "deploy"
INSTALLED: Final = Path(sys.prefix) / "share" / "prewarn" / "deploy"


def shipped(name: str) -> Path:
    """Return the directory `name` of the shipped `deploy/` folder; in a checkout that one wins."""
    return (CHECKOUT if CHECKOUT.is_dir() else INSTALLED) / name
