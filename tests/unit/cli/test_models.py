"""`prewarn models evaluate` as a user runs it, in this process: no label is known before its time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from streams.cli import prewarn
from streams.contract.decode import decode_event
from streams.contract.time import DAY_MS, HOUR_MS
from streams.engine.engine import Engine
from streams.evaluation import Label, read_labels
from streams.files import read_lines
from streams.prequential import Prequential, TimedScoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.state.store import Store
from tests.unit.engine.histories import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from streams.contract.events import Event

pytestmark = pytest.mark.slow

FIGURES = {
    "roc_auc",
    "average_precision",
    "precision_at_100_per_day",
    "recall_by_scenario",
    "events",
    "positives",
}


def run(*arguments: str) -> str:
    done = CliRunner().invoke(prewarn, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two simulated days of events, and their labels."""
    folder = tmp_path_factory.mktemp("stream")
    size = ("--events", "700", "--days", "2", "--fraud-rate", "0.05")
    run("simulate", *size, "-o", str(folder / "events.jsonl"), "--labels", str(folder / "labels.jsonl"))
    return folder


def evaluated(folder: Path, *options: str) -> dict[str, Any]:
    """The figures, as the command writes them."""
    files = (str(folder / "events.jsonl"), str(folder / "labels.jsonl"))
    run("models", "evaluate", *files, "--json", str(folder / "figures.json"), *options)
    return dict(json.loads((folder / "figures.json").read_text("utf-8")))


def test_the_figures_are_all_there_and_the_same_again(stream: Path) -> None:
    """For rules, model and both; two runs differ in what they cost only; the page loads nothing from elsewhere."""
    plots = stream / "curves.html"
    first, second = (evaluated(stream, "--label-delay", "6h", "--plots", str(plots)) for _ in range(2))
    parts = first.pop("microseconds_by_part")
    assert min(parts.values()) > 0
    assert first.pop("microseconds_per_event") == pytest.approx(sum(parts.values()), abs=0.02)
    assert first["model_errors"] == 0
    del second["microseconds_per_event"], second["microseconds_by_part"]
    assert first == second
    labels = read_labels(stream / "labels.jsonl").values()
    for way in ("rules", "model", "both"):
        assert set(first[way]) == FIGURES
        assert first[way]["positives"] == sum(label.label for label in labels)
    page = plots.read_text("utf-8")
    assert page.count("<svg") == 3
    assert "http" not in page
    assert "src=" not in page


def test_what_is_before_from_only_trains(stream: Path) -> None:
    """Judged days are those asked for; the days before are learned from all the same."""
    whole, second = evaluated(stream, "--label-delay", "6h"), evaluated(
        stream, "--label-delay", "6h", "--from", "2026-11-03", "--to", "2026-11-03"
    )  # fmt: skip
    assert 0 < second["model"]["events"] < whole["model"]["events"]
    assert second["version"] == whole["version"]


def scores(events: list[Event], labels: dict[str, Label], delay_ms: int) -> list[float]:
    """What the model said of each settlement."""
    store = Store()
    store.hold({0})
    pack = load_pack(shipped("rules"), shipped("knowledge"))
    replay = Prequential(Engine(pack, store, KEY, scoring=TimedScoring(store)), store, labels, delay_ms)
    for event in events:
        replay.take(event)
    return list(replay.judged("model").scores)


def test_no_label_is_known_before_its_time(stream: Path) -> None:
    """Labels that are due after the last settlement change no score, whatever they say; earlier ones do."""
    lines = read_lines(stream / "events.jsonl", 1_000_000)
    events = [decode_event(line.data, arrived=None) for line in lines]
    labels = read_labels(stream / "labels.jsonl")
    late = max(event.time for event in events) - 20 * HOUR_MS
    after = {event.setl_id for event in events if event.time > late}
    flipped = {
        setl_id: Label(setl_id, 1 - label.label) if setl_id in after else label for setl_id, label in labels.items()
    }
    told = scores(events, labels, 20 * HOUR_MS)
    assert scores(events, flipped, 20 * HOUR_MS) == told
    assert scores(events, labels, 30 * DAY_MS) != told
