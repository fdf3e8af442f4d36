"""Counters, gauges and histograms that cost next to nothing to update: plain numbers, read when scraped.

`prometheus_client`'s own children take a lock for every update (0.3 to 1 µs each here); an attribute costs a tenth of
that. The price: two threads must not update one number. Each number has one writer, the event loop's thread unless
it says otherwise; the scraping thread only reads.
"""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Hashable
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.samples import Exemplar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

logger = logging.getLogger(__name__)

PREFIX: Final = "prewarn_"
MAX_EXEMPLAR: Final = 100
"""Characters of an exemplar's value; with its name, OpenMetrics allows 128."""


class Number:
    """A counter's or a gauge's value: `number.value += 1`, or `= 5` for a gauge."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0


class Histogram:
    """How many observations fell at or below each bound, and their sum."""

    __slots__ = ("bounds", "counts", "exemplars", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        self.exemplars: list[tuple[str, float] | None] = [None] * (len(bounds) + 1)

    def observe(self, value: float, exemplar: str | None = None) -> None:
        """Count one observation; the last `exemplar` of each bucket (a settlement id) is shown with it."""
        index = bisect_left(self.bounds, value)
        self.counts[index] += 1
        self.total += value
        if exemplar is not None:
            self.exemplars[index] = exemplar, value


Bucket = tuple[str, float] | tuple[str, float, Exemplar]
Key = TypeVar("Key", bound=Hashable)
Child = TypeVar("Child")


class Family(dict[Key, Child], Generic[Key, Child]):
    """The children of one metric by label value: a text for one label, a tuple for several, `()` for none.

    A child that is asked for and does not exist begins at 0, so label values must come from a bounded set.
    """

    def __init__(self, name: str, doc: str, labels: Sequence[str], make: Callable[[], Child]) -> None:
        super().__init__()
        self.name = PREFIX + name
        self.doc = doc
        self.labels = tuple(labels)
        self._make = make

    def __missing__(self, key: Key) -> Child:
        child = self[key] = self._make()
        return child

    def __bool__(self) -> bool:
        return len(self) > 0

    def start(self, *keys: Key) -> None:
        """Let children exist before anything is counted: a series that begins at 0 has a rate from the first event."""
        for key in keys:
            self.setdefault(key, self._make())

    def samples(self) -> Iterator[tuple[list[str], Child]]:
        """Yield label values and child, as of now; the family may grow on the other thread meanwhile."""
        for key, child in list(self.items()):
            yield [str(part) for part in key] if isinstance(key, tuple) else [str(key)], child


class Counters(Family[Key, Number]):
    """A counter metric; its name is given without `_total`."""

    def __init__(self, name: str, doc: str, *labels: str) -> None:
        super().__init__(name, doc, labels, Number)

    def collect(self) -> Metric:
        """Return the metric as it stands."""
        metric = CounterMetricFamily(self.name, self.doc, labels=self.labels)
        for labels, number in self.samples():
            metric.add_metric(labels, number.value)
        return metric


class Gauges(Family[Key, Number]):
    """A gauge metric."""

    def __init__(self, name: str, doc: str, *labels: str) -> None:
        super().__init__(name, doc, labels, Number)

    def collect(self) -> Metric:
        """Return the metric as it stands."""
        metric = GaugeMetricFamily(self.name, self.doc, labels=self.labels)
        for labels, number in self.samples():
            metric.add_metric(labels, number.value)
        return metric


class Histograms(Family[Key, Histogram]):
    """A histogram metric; `exemplar` names what its exemplars are."""

    def __init__(self, name: str, doc: str, *labels: str, bounds: tuple[float, ...], exemplar: str = "") -> None:
        super().__init__(name, doc, labels, lambda: Histogram(bounds))
        self._exemplar = exemplar
        self._names = [*map(str, map(float, bounds)), "+Inf"]

    def collect(self) -> Metric:
        """Return the metric as it stands."""
        metric = HistogramMetricFamily(self.name, self.doc, labels=self.labels)
        for labels, histogram in self.samples():
            counts = accumulate(histogram.counts[:])
            buckets = list(map(self._bucket, self._names, counts, histogram.exemplars[:]))
            metric.add_metric(labels, buckets=buckets, sum_value=histogram.total)
        return metric

    def _bucket(self, bound: str, count: int, last: tuple[str, float] | None) -> Bucket:
        if last is None or len(last[0]) > MAX_EXEMPLAR:
            return bound, count
        return bound, count, Exemplar({self._exemplar: last[0]}, last[1])


class Info:
    """A metric whose labels are its message, such as a version."""

    def __init__(self, name: str, doc: str) -> None:
        self.name = PREFIX + name
        self.doc = doc
        self.values: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self.values)

    def collect(self) -> Metric:
        """Return the metric as it stands."""
        return InfoMetricFamily(self.name, self.doc, value=self.values)


class Scraped(Protocol):
    """What a collector takes: a metric that is true once it has something to show."""

    def __bool__(self) -> bool: ...

    def collect(self) -> Metric:
        """Return the metric as it stands."""
        ...


Kept = TypeVar("Kept", bound=Scraped)


class Collector:
    """Hands all metrics to a registry when it is scraped; those without any series yet are left out."""

    def __init__(self) -> None:
        self._families: list[Scraped] = []
        self._hooks: list[Callable[[], None]] = []
        self._failed: set[Callable[[], None]] = set()

    def add(self, family: Kept) -> Kept:
        """Take a metric and return it; the order of adding is the order of showing."""
        self._families.append(family)
        return family

    def before_scrape(self, hook: Callable[[], None]) -> None:
        """Call `hook` at every scrape, on the scraping thread, to set gauges that are read rather than kept."""
        self._hooks.append(hook)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric. A hook that fails leaves its gauges as they are, and is logged once."""
        for hook in self._hooks:
            try:
                hook()
            except Exception:  # one stale gauge must not take all others away
                if hook not in self._failed:
                    self._failed.add(hook)
                    logger.exception("a gauge could not be read")
        for family in self._families:
            if family:
                yield family.collect()
