"""The files of a pack's folder, which may be a Kubernetes ConfigMap (links into a hidden ``..data`` folder)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from streams.rules.places import Place

if TYPE_CHECKING:
    from pathlib import Path

    from streams.rules.places import Problems


class FileError(Exception):
    """A file cannot be read."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def names_in(folder: Path, suffix: str, problems: Problems) -> list[str]:
    """List the regular files at the top of a folder, by name; hidden ones are passed over."""
    try:
        paths = sorted(folder.iterdir())
        return [path.name for path in paths if path.name.endswith(suffix) and path.name[0] != "." and path.is_file()]
    except OSError as error:
        problems.refuse(Place(str(folder)), "", f"the folder cannot be read: {error.strerror or error}")
        return []


def read_bytes(path: Path, limit: int) -> bytes:
    """Read a file of bounded size.

    Raises:
        FileError: It is larger, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            # A file that is too large is not read; one that grows meanwhile is read no further.
            data = file.read(limit + 1) if os.fstat(file.fileno()).st_size <= limit else None
    except OSError as error:
        raise FileError(f"the file cannot be read: {error.strerror or error}") from None
    if data is None or len(data) > limit:
        raise FileError(f"the file has more than {limit} bytes", "split the table by area, or raise the limit")
    return data
