"""What the demo has seen so far: results, actions, alerts."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

ALERTS_SHOWN: Final = 200
RATE_OVER_S: Final = 5.0


class _Violation(msgspec.Struct):
    rule_id: str
    rule_name: str
    vola_cont: str
    sev_deg: str
    vola_amt: float | None = None


class _Result(msgspec.Struct):
    setl_id: str
    fixmedins_code: str
    action: str
    risk_score: float
    event_time: str
    violations: list[_Violation]


class Alert(NamedTuple):
    """One violation as the view shows it."""

    event_time: str
    institution: str
    action: str
    score: float
    rule_id: str
    rule_name: str
    sentence: str
    yuan: float


_decoder = msgspec.json.Decoder(_Result)


class Tally:
    """Counts results and keeps the latest alerts."""

    def __init__(self) -> None:
        self.results = 0
        self.actions: Counter[str] = Counter()
        self.by_rule: Counter[str] = Counter()
        self.names: dict[str, str] = {}
        self.yuan = 0.0
        self.dead_letters = 0
        self.latest: deque[Alert] = deque(maxlen=ALERTS_SHOWN)
        self._arrivals: deque[tuple[float, int]] = deque()

    def take(self, bodies: Iterable[bytes], now: float) -> list[Alert]:
        """Take results in; returns the alerts among them.

        Args:
            bodies: Values of the results topic.
            now: Seconds on any clock, for the rate.
        """
        alerts: list[Alert] = []
        before = self.results
        for body in bodies:
            result = _decoder.decode(body)
            self.results += 1
            self.actions[result.action] += 1
            alerts += [
                Alert(
                    result.event_time,
                    result.fixmedins_code,
                    result.action,
                    result.risk_score,
                    violation.rule_id,
                    violation.rule_name,
                    violation.vola_cont,
                    violation.vola_amt or 0.0,
                )
                for violation in result.violations
            ]
        for alert in alerts:
            self.by_rule[alert.rule_id] += 1
            self.names[alert.rule_id] = alert.rule_name
            self.yuan += alert.yuan
        self.latest.extend(alerts)
        self._arrivals.append((now, self.results - before))
        return alerts

    def rate(self, now: float) -> float:
        """Results per second over the last seconds."""
        while self._arrivals and self._arrivals[0][0] < now - RATE_OVER_S:
            self._arrivals.popleft()
        return sum(count for _, count in self._arrivals) / RATE_OVER_S
