"""The command: files, labels, registry facts, Kafka, and what it refuses."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import zstandard
from click.testing import CliRunner

from streams.cli import simulate as module
from streams.cli.simulate import simulate
from streams.simulate import Simulation, SimulationConfig
from streams.topology import clients
from tests.unit.simulate.test_sending import broker, received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from streams.simulate import Simulated

__all__ = ["broker"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(simulate, arguments)


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_events_go_to_standard_output() -> None:
    """Without -o the events are lines on standard output and the count is on standard error."""
    result = run("--events", "60", "--seed", "7", "--scenario", "P02")
    expected = b"".join(one.raw + b"\n" for one in Simulation(SimulationConfig(events=60, seed=7, scenarios=("P02",))))
    assert result.exit_code == 0
    assert result.stdout_bytes == expected
    assert result.stderr.startswith("60 events (")


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_files_are_compressed_by_their_ending_and_repeatable(tmp_path: Path, ending: str) -> None:
    """Plain, gzip and zstandard hold the same events, and two runs give the same file."""
    first, second = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    for path in (first, second):
        assert run("--events", "200", "-o", str(path)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    raw = first.read_bytes()
    if ending.endswith("gz"):
        raw = gzip.decompress(raw)
    if ending.endswith("zst"):
        raw = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    assert len(lines(raw)) == 200


def test_labels_and_registry_facts_are_written(tmp_path: Path) -> None:
    """One label for each settlement event with the contract's fields; three registry files in a new folder."""
    events, labels, folder = tmp_path / "e.jsonl", tmp_path / "l.jsonl", tmp_path / "made" / "here"
    options = ("-o", str(events), "--labels", str(labels), "--reference", str(folder))
    assert run("--events", "500", "--scenario", "R03", "--scenario", "p15", *options).exit_code == 0
    settled = [event["setl_id"] for event in lines(events.read_bytes()) if event["event_type"] == "settlement"]
    truths = lines(labels.read_bytes())
    assert settled == [truth["setl_id"] for truth in truths]
    assert {"setl_id", "label", "scenario", "role", "also"} == set(truths[0])
    assert {"R03", "P15", None} == {truth["scenario"] for truth in truths}
    assert sorted(path.name for path in folder.iterdir()) == [
        "institutions.jsonl",
        "persons.jsonl",
        "practitioners.jsonl",
    ]
    statuses = Counter(row["status"] for row in lines((folder / "practitioners.jsonl").read_bytes()))
    assert statuses["suspended"] + statuses["terminated"] >= 2


def test_scenarios_that_do_not_fit_are_named() -> None:
    """On standard error, with the reason, and by reason."""
    result = run("--events", "700", "--scenario", "V01", "--scenario", "V04", "--scenario", "R04", "-o", os.devnull)
    assert result.stderr.startswith("left out: V01, V04 (needs 2 days)\n700 events (")
    result = run("--events", "300", "--scenario", "R04", "--scenario", "P02", "-o", os.devnull)
    assert result.stderr.startswith("left out: R04 (no room among so few events)\n300 events (")


def test_no_scenarios_means_innocent_traffic(tmp_path: Path) -> None:
    """Every label is 0 and names no scenario."""
    labels = tmp_path / "l.jsonl"
    assert run("--events", "600", "--no-scenarios", "-o", os.devnull, "--labels", str(labels)).exit_code == 0
    assert {(0, None)} == {(truth["label"], truth["scenario"]) for truth in lines(labels.read_bytes())}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--events", "0"), "events must be at least 1"),
        (("--events", "many"), "not a valid integer"),
        (("--days", "0"), "days must lie between"),
        (("--start", "02.11.2026"), "--start"),
        (("--scenario", "Q9"), "--scenario"),
        (("--scenario", "P02", "--no-scenarios"), "exclude each other"),
        (("--events", "1000", "--persons", "3"), "need at least 1500 persons"),
        (("--institutions", "1"), "at least 3 institutions"),
        (("--fraud-rate", "2"), "between 0 and 0.5"),
        (("--rate", "5"), "need --to-kafka"),
        (("--topic", "x"), "need --to-kafka"),
        (("--labels", "-"), "cannot both go to standard output"),
        (("-o", "/nowhere/at/all"), "/nowhere/at/all: No such file or directory"),
        (("-o", os.devnull, "--reference", "/dev/null/x"), "/dev/null/x: Not a directory"),
        (("--to-kafka", "--rate", "-1"), "--rate"),
        (("--to-kafka", "--start", "2199-01-01"), "2199-01-01 is not over yet"),
    ],
)
def test_unusable_arguments_end_with_two(arguments: tuple[str, ...], reason: str) -> None:
    """Whatever cannot be used is named, and the exit code is 2."""
    result = run(*arguments)
    assert (result.exit_code, reason in result.stderr) == (2, True), result.stderr


def test_kafka_gets_registry_facts_first_and_then_the_events(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts go to the reference topics by their own codes, events to the chosen topic by treatment area."""
    monkeypatch.setenv("PREWARN_TOPIC_PREFIX", "trial.")
    result = run("--events", "80", "--to-kafka", "--bootstrap-servers", broker, "--topic", "claims", "--rate", "2000")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    simulation = Simulation(SimulationConfig(events=80))
    facts = simulation.reference()
    assert f"; {80 + sum(len(rows) for rows in facts)} records delivered" in result.stderr
    messages = received(broker, "claims", 80)
    assert {(one.key.encode(), one.raw) for one in simulation} == {
        (message.key(), message.value()) for message in messages
    }
    doctors = received(broker, "trial.reference.practitioners", len(facts.practitioners))
    assert {row["bilg_dr_codg"].encode() for row in facts.practitioners} == {message.key() for message in doctors}


def test_an_unreachable_broker_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens there: the address is named and the exit code is 1."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    result = run("--events", "10", "--to-kafka", "--bootstrap-servers", "127.0.0.1:1")
    assert result.exit_code == 1
    assert "prewarn simulate: no answer from Kafka at 127.0.0.1:1" in result.stderr


def test_an_undelivered_record_ends_with_one(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When Kafka does not take a record, the command says so and how far it came."""
    config = clients.producer_config
    monkeypatch.setattr(clients, "producer_config", lambda *given: config(*given) | {"message.max.bytes": 1_000})
    result = run("--events", "10", "--to-kafka", "--bootstrap-servers", broker)
    assert result.exit_code == 1
    assert "too large" in result.stderr
    assert "records delivered" in result.stderr


def test_an_interrupt_ends_with_a_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C leaves whole lines, says how many events there were, and exits as interrupted programs do."""
    whole = Simulation.__iter__

    def interrupted(simulation: Simulation) -> Iterator[Simulated]:
        for number, one in enumerate(whole(simulation)):
            if number == 5:
                raise KeyboardInterrupt
            yield one

    monkeypatch.setattr(Simulation, "__iter__", interrupted)
    path = tmp_path / "e.jsonl"
    result = run("--events", "100", "-o", str(path))
    assert result.exit_code == 130
    assert "\ninterrupted: 5 events (" in result.stderr
    assert len(lines(path.read_bytes())) == 5


def test_a_reader_that_has_seen_enough_is_no_error_to_python() -> None:
    """A closed pipe ends the command without a traceback."""
    command = [sys.executable, "-m", "streams.cli", "simulate", "--events", "3000", "--no-scenarios"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
        process.wait(30)
    assert process.returncode == 1
    assert complaint == b""


def test_a_signal_from_the_terminal_ends_the_real_program() -> None:
    """SIGINT to the process while it runs: exit code 130 and a count."""
    command = [sys.executable, "-m", "streams.cli", "simulate", "--events", "500000", "--days", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted: " in complaint
