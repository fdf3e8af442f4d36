"""Which prewarn this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Return the version of the installed distribution; of a checkout that is not installed, that it is none."""
    try:
        return metadata.version("prewarn")
    except metadata.PackageNotFoundError:
        return "0+checkout"
