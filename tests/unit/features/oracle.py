"""Features as a test declares them, and an oracle that keeps everything and looks at everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.time import BEIJING_MS
from streams.rules.specs import FeatureSpec

if TYPE_CHECKING:
    from streams.features.views import View

DAY = 86_400_000
SECOND = 1_000
START = 1_760_000_000_000


def spec(aggregate: str, **changes: Any) -> FeatureSpec:
    """A feature of the person scope."""
    fields: dict[str, Any] = {
        "name": "f", "fid": "f-1", "doc": "", "scope": "person", "each": "settlement", "aggregate": aggregate,
        "days": 0, "span": 60 * SECOND, "resolution": SECOND, "limit": 1_000, "evidence": 100, "fields": (),
        "events": frozenset({"settlement"}), "where": None, "of": None, "at": lambda e, _l, _k: e.time, "index": 0,
    }  # fmt: skip
    return FeatureSpec(**fields | changes)


class Brute:
    """Keeps everything and looks at everything."""

    def __init__(self, of: FeatureSpec) -> None:
        self.spec = of
        self.kept: list[tuple[int, Any, str]] = []
        self.since: int | None = None

    def add(self, time: int, value: Any, setl_id: str) -> None:
        """Keep an observation."""
        self.kept.append((time, value, setl_id))
        self.since = time if self.since is None else min(self.since, time)

    def bucket(self, time: int) -> int:
        """The bucket of a time: counted from a Beijing midnight."""
        return (time + BEIJING_MS) // (DAY if self.spec.days else self.spec.resolution)

    def seen(self, time: int) -> list[tuple[int, Any, str]]:
        """What lies in the window that ends with the bucket of a time."""
        buckets = self.spec.days or -(-self.spec.span // self.spec.resolution)
        last = self.bucket(time)
        return [kept for kept in self.kept if last - buckets < self.bucket(kept[0]) <= last]

    def expected(self, time: int, value: Any) -> dict[str, Any]:
        """What a view must show."""
        values = [v for _, v, _ in self.seen(time)]
        shown: dict[str, dict[str, Any]] = {
            "count": {"count": len(values)},
            "sum": {"sum": sum(values), "count": len(values)},
            "distinct": {"count": len(set(values)), "min": min(values, default=None), "max": max(values, default=None)},
            "histogram": {"same": values.count(value), "total": len(values), "distinct": len(set(values))},
            "share": {"hits": sum(v > 2 for v in values), "total": len(values)},
        }
        return shown[self.spec.aggregate] | {"since": self.since}


def observed(aggregate: str, value: int) -> Any:
    """The value as the aggregate takes it."""
    return [int(value > 2), 1] if aggregate == "share" else value


def shown(view: View, names: dict[str, Any]) -> dict[str, Any]:
    """What a view shows under some names."""
    return {name: getattr(view, name) for name in names}
