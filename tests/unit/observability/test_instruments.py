"""Plain numbers that are read when scraped."""

from __future__ import annotations

import logging
from bisect import bisect_left
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from streams.observability.instruments import Collector, Counters, Gauges, Histogram, Histograms, Info

BOUNDS = (0.1, 1.0, 10.0)


def scraped(collector: Collector) -> CollectorRegistry:
    """Return a registry that holds the collector."""
    registry = CollectorRegistry()
    registry.register(collector)
    return registry


def lines(collector: Collector) -> list[str]:
    """Return the samples of a scrape, without comments."""
    text = generate_latest(scraped(collector)).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_counters_gauges_and_infos_show_their_values() -> None:
    """Each has the prefix, its labels and its number."""
    collector = Collector()
    results = collector.add(Counters[tuple[str, str]]("results", "d", "action", "status"))
    lag = collector.add(Gauges[tuple[str, int]]("lag_records", "d", "topic", "partition"))
    duplicates = collector.add(Counters[tuple[()]]("duplicates", "d"))[()]
    topics = collector.add(Counters[str]("events", "d", "topic"))
    info = collector.add(Info("build", "d"))
    results["pass", "complete"].value += 2
    lag["t", 3].value = 7
    duplicates.value += 1
    topics["a"].value += 5
    info.values = {"version": "1"}
    assert lines(collector) == [
        'prewarn_results_total{action="pass",status="complete"} 2.0',
        'prewarn_lag_records{partition="3",topic="t"} 7.0',
        "prewarn_duplicates_total 1.0",
        'prewarn_events_total{topic="a"} 5.0',
        'prewarn_build_info{version="1"} 1.0',
    ]


def test_a_family_without_series_is_left_out() -> None:
    """A metric nothing was ever counted in is not shown as if it existed."""
    collector = Collector()
    collector.add(Counters[str]("feedback", "d", "kind"))
    collector.add(Info("ruleset", "d"))
    assert not generate_latest(scraped(collector))


def test_started_series_begin_at_zero_and_keep_what_they_have() -> None:
    """Starting again, after new rules were loaded, takes nothing away."""
    collector = Collector()
    violations = collector.add(Counters[str]("violations", "d", "rule_id"))
    violations.start("V01", "V02")
    violations["V01"].value += 3
    violations.start("V01", "V03")
    assert lines(collector) == [
        'prewarn_violations_total{rule_id="V01"} 3.0',
        'prewarn_violations_total{rule_id="V02"} 0.0',
        'prewarn_violations_total{rule_id="V03"} 0.0',
    ]


@given(st.lists(st.floats(0, 100, allow_nan=False) | st.sampled_from(BOUNDS)))
def test_a_histogram_counts_as_its_definition_says(values: list[float]) -> None:
    """A bucket holds what is less than or equal to its bound; count and sum are those of all values."""
    histogram = Histogram(BOUNDS)
    for value in values:
        histogram.observe(value)
    cumulative = list(accumulate(histogram.counts))
    assert cumulative == [*(sum(value <= bound for value in values) for bound in BOUNDS), len(values)]
    assert histogram.total == pytest.approx(sum(values))


def test_a_histogram_is_shown_with_its_last_exemplars() -> None:
    """OpenMetrics names a settlement for each bucket; the older format does not know exemplars."""
    collector = Collector()
    latency = collector.add(Histograms[str]("latency_seconds", "d", "status", bounds=BOUNDS, exemplar="setl_id"))
    child = latency["complete"]
    child.observe(0.05, "S1")
    child.observe(0.06, "S2")
    child.observe(5.0, "x" * 101)  # longer than OpenMetrics allows
    child.observe(50.0)
    family = next(iter(parse(openmetrics(scraped(collector)).decode())))
    buckets = {sample.labels["le"]: sample for sample in family.samples if sample.name.endswith("_bucket")}
    assert {le: sample.value for le, sample in buckets.items()} == {"0.1": 2, "1.0": 2, "10.0": 3, "+Inf": 4}
    shown = {le: sample.exemplar for le, sample in buckets.items() if sample.exemplar}
    assert {le: (exemplar.labels, exemplar.value) for le, exemplar in shown.items()} == {
        "0.1": ({"setl_id": "S2"}, 0.06)
    }
    assert "S2" not in "".join(lines(collector))
    assert not any("_created" in line for line in lines(collector))


def test_bucket_index_is_that_of_the_first_bound_not_below() -> None:
    """The exemplar stands with the bucket that counted it."""
    histogram = Histogram(BOUNDS)
    histogram.observe(1.0, "S")
    assert histogram.exemplars[bisect_left(BOUNDS, 1.0)] == ("S", 1.0)


def test_a_hook_sets_gauges_at_every_scrape() -> None:
    """What is read rather than kept is as of the scrape."""
    collector = Collector()
    rows = collector.add(Gauges[str]("table_rows", "d", "table"))
    table: dict[str, int] = {}

    def read() -> None:
        rows["windows"].value = len(table)

    collector.before_scrape(read)
    assert lines(collector) == ['prewarn_table_rows{table="windows"} 0.0']
    table["a"] = 1
    assert lines(collector) == ['prewarn_table_rows{table="windows"} 1.0']


def test_a_failing_hook_takes_nothing_else_away(caplog: pytest.LogCaptureFixture) -> None:
    """The other metrics are shown; the failure is logged once, not at every scrape."""
    collector = Collector()
    collector.add(Counters[str]("events", "d", "topic")).start("a")

    def fail() -> None:
        raise ZeroDivisionError

    collector.before_scrape(fail)
    with caplog.at_level(logging.ERROR):
        assert lines(collector) == lines(collector) == ['prewarn_events_total{topic="a"} 0.0']
    assert [record.getMessage() for record in caplog.records] == ["a gauge could not be read"]
