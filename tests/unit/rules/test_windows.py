"""Windows as analysts write them."""

from __future__ import annotations

import pytest

from streams.rules.places import Problems
from streams.rules.section import Section
from streams.rules.windows import Window, read_window, window_text
from streams.rules.yaml_files import read_yaml


def read(text: str, *, log: bool = False) -> tuple[Window | None, int]:
    """The window, and how many problems it has."""
    root = read_yaml("a.yaml", text.encode(), Problems())
    assert root is not None
    problems = Problems()
    section = Section(root, "feature f", problems, frozenset({"window", "resolution"}))
    return read_window(section, log=log), len(problems.problems)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("window: 1 calendar day", Window(days=1)),
        ("window: 30 calendar days", Window(days=30)),
        ("window: 60 s", Window(span=60_000, resolution=1_000)),
        ("window: 2h", Window(span=7_200_000, resolution=120_000)),
        ("window: 30 d", Window(span=30 * 86_400_000, resolution=43_200_000)),
        ("window: 10 s", Window(span=10_000, resolution=1_000)),
        ("{window: 1 d, resolution: 1 min}", Window(span=86_400_000, resolution=60_000)),
    ],
)
def test_windows_are_read(text: str, window: Window) -> None:
    """Calendar days are counted; a rolling window has sixty buckets of at least a second, unless stated."""
    assert read(text) == (window, 0)


def test_a_log_has_exact_times() -> None:
    """A log needs no buckets."""
    assert read("window: 1095 d", log=True) == (Window(span=1_095 * 86_400_000), 0)


@pytest.mark.parametrize(
    "text",
    [
        "window: 0 d",
        "window: 1.5 h",
        "window: day",
        "window: -1 d",
        "window: 3661 d",
        "window: 3661 calendar days",
        "{window: 1 calendar day, resolution: 1 h}",
        "{window: 1 h, resolution: 2 h}",
        "{window: 30 d, resolution: 1 s}",
        "{window: 1 h, resolution: fine}",
        "window: [1]",
    ],
)
def test_other_windows_are_reported(text: str) -> None:
    """What is no window, too long, or too fine, is one problem."""
    assert read(text)[1] == 1


@pytest.mark.parametrize("text", ["1 calendar day", "7 calendar days", "90 min", "2 h", "30 d", "45 s"])
def test_windows_are_printed_as_written(text: str) -> None:
    """A window reads in reports as it does in the pack."""
    window, _ = read(f"window: {text}")
    assert window is not None
    assert window_text(window.days, window.span) == text
