"""A real Prometheus over real workers, with the shipped rules in shorter times."""

from __future__ import annotations

import time
import urllib.parse
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from tests.deploy.rules import RULES
from tests.deploy.scaling import scaled_rules
from tests.deploy.serving import asked, serving
from tests.stream.process import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from streams.demo.process import ChildProcess

SCRAPE_SECONDS: Final = 1


class Alert(NamedTuple):
    """A firing alert: its name, and since when its expression has been true (epoch seconds)."""

    name: str
    since: float


class Prometheus:
    """Runs until left.

    Args:
        folder: For its configuration, data and log.
        targets: Ports of the workers on this machine.
        factor: How many times shorter the rules' times are.
    """

    def __init__(self, folder: Path, targets: list[int], factor: float) -> None:
        self._folder = folder
        self._port = free_port()
        (folder / "rules").mkdir(parents=True)
        for file in RULES:
            (folder / "rules" / file.name).write_text(scaled_rules(file, factor), "utf-8")
        scrape = {"job_name": "prewarn", "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in targets]}]}
        every = f"{SCRAPE_SECONDS}s"
        config = {
            "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
            "rule_files": [str(folder / "rules" / "*.yaml")],
            "scrape_configs": [scrape],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
        self._process: ChildProcess | None = None
        self.began = time.time()

    def __enter__(self) -> Self:
        command = [
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--enable-feature=exemplar-storage",
        ]
        ready = f"http://127.0.0.1:{self._port}/-/ready"
        self._process = serving(command, self._folder / "prometheus.log", ready)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()

    def firing(self) -> list[Alert]:
        """Return the alerts that fire."""
        alerts = self._ask("alerts", {})["alerts"]
        return [
            Alert(alert["labels"]["alertname"], _epoch(alert["activeAt"]))
            for alert in alerts
            if alert["state"] == "firing"
        ]

    def texts(self) -> dict[str, dict[str, str]]:
        """Return the annotations of the alerts that fire or are about to, by name."""
        return {alert["labels"]["alertname"]: alert["annotations"] for alert in self._ask("alerts", {})["alerts"]}

    def quiet_after(self, alert: str, moment: float) -> float:
        """Return how many seconds after a moment (epoch seconds) an alert did not fire."""
        asked = {
            "query": f'ALERTS{{alertname="{alert}",alertstate="firing"}}',
            "end": time.time(),
            "step": SCRAPE_SECONDS,
        }
        found = self._ask("query_range", asked | {"start": moment})
        loud = {round(float(at) - moment) for series in found["result"] for at, _ in series["values"]}
        return next(second for second in range(len(loud) + 1) if second not in loud)

    def ever(self, expression: str) -> bool:
        """Whether an expression has had a value at any time of this run."""
        now = time.time()
        step = max(1, round((now - self.began) / 1000))
        found = self._ask("query_range", {"query": expression, "start": self.began, "end": now, "step": step})
        values = [float(value) for series in found["result"] for _, value in series["values"]]
        return any(value == value for value in values)  # noqa: PLR0124 - NaN is no value

    def exemplars(self, expression: str) -> list[Any]:
        """Return the exemplars of the series an expression reads."""
        found: list[Any] = self._ask("query_exemplars", {"query": expression, "start": self.began, "end": time.time()})
        return found

    def _ask(self, what: str, arguments: dict[str, Any]) -> Any:
        return asked(f"http://127.0.0.1:{self._port}/api/v1/{what}?{urllib.parse.urlencode(arguments)}")["data"]


def _epoch(text: str) -> float:
    """Return the seconds of Prometheus's time, whose fractions have more digits than Python reads."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return time.mktime(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) - time.timezone + float(f"0.{fraction or 0}")
