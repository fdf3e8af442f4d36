"""What compose.yaml gives the programs that watch: it is there, it fits together, and they start with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.deploy.containers import COMPOSE, Container
from tests.deploy.rules import DASHBOARDS, RULES, rules
from tests.deploy.serving import asked, serving
from tests.deploy.tools import DEPLOY, program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streams.demo.process import ChildProcess

PATIENCE_S = 60.0
PROVISIONING = DEPLOY / "grafana" / "provisioning"
# Grafana publishes no schema of these files, and passes over what it does not know: these are names it documents.
DATASOURCE = {"name", "uid", "type", "access", "url", "isDefault", "editable", "jsonData"}
DATASOURCE_OPTIONS = {"timeInterval", "httpMethod"}
PROVIDER = {"name", "folder", "type", "disableDeletion", "allowUiUpdates", "options"}


def provisioned(kind: str) -> list[dict[str, Any]]:
    """Return what Grafana is to set up, of one kind."""
    (file,) = (PROVISIONING / kind).iterdir()
    document = yaml.safe_load(file.read_text("utf-8"))
    assert document.pop("apiVersion") == 1
    ((_, entries),) = document.items()
    return list(entries)


def test_everything_that_is_mounted_is_there(tmp_path: Path) -> None:
    """Of a path that is missing, Docker makes an empty folder, and the program finds no configuration."""
    for name, service in COMPOSE["services"].items():
        folders = [volume.split(":")[0] for volume in service.get("volumes", ())]
        for source in (DEPLOY / folder for folder in folders if folder.startswith(".")):
            assert source.is_file() or any(source.iterdir()), (name, source)
    assert set(Container("prometheus", tmp_path).mounts().values()) >= {RULES[0].parent}
    assert set(Container("grafana", tmp_path).mounts().values()) >= {DASHBOARDS[0].parent, PROVISIONING}


def test_grafana_is_given_the_prometheus_beside_it(tmp_path: Path) -> None:
    """Under names that Grafana knows, at the address of the service, with the interval at which that scrapes."""
    (source,) = provisioned("datasources")
    assert set(source) <= DATASOURCE
    assert set(source["jsonData"]) <= DATASOURCE_OPTIONS
    assert source["url"] == f"http://{Container('prometheus', tmp_path).inside}"
    scraping = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))["global"]
    assert source["jsonData"]["timeInterval"] == scraping["scrape_interval"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)


def test_grafana_is_given_the_dashboards(tmp_path: Path) -> None:
    """The folder that it reads is the one they are mounted at, and so is the page that it opens with."""
    (provider,) = provisioned("dashboards")
    assert set(provider) <= PROVIDER
    grafana = Container("grafana", tmp_path)
    mounts = grafana.mounts()
    folder = mounts[provider["options"]["path"]]
    assert folder is not None
    assert sorted(folder.iterdir()) == sorted(DASHBOARDS)
    home = grafana.service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    target, _, file = home.rpartition("/")
    assert mounts[target] == folder
    assert (folder / file).is_file()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ChildProcess]]:
    """Start a container's program with further flags, and wait until it is healthy by compose's own check."""
    started = []

    def begin(container: Container, name: str, *flags: str) -> ChildProcess:
        command = [program(name), *container.flags(), f"--web.listen-address={container.address}", *flags]
        started.append(serving(command, tmp_path / f"{name}.log", container.ready()))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


def awaited(ask: Callable[[], Any], process: ChildProcess) -> Any:
    """Ask until the answer is not empty."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := ask()):
        assert time.monotonic() < deadline, process.tail()
        time.sleep(0.2)
    return found


@pytest.mark.deploy
def test_prometheus_and_alertmanager_start_with_what_compose_gives_them(
    tmp_path: Path, start: Callable[..., ChildProcess]
) -> None:
    """Both become ready, every rule is loaded, and an alert comes to the receiver that it should.

    The programs are Debian's: Prometheus 2.42 and Alertmanager 0.25 on bookworm, where the images have 3.5 and 0.28.
    Once Prometheus is gone that alert ends by itself. Every flag that compose gives is one of both; those added here
    keep them on loopback and Alertmanager from looking for its like, and have an alert that was found before
    Alertmanager was sent again after seconds, not a minute. What the releases between them removed (API v1 of
    Alertmanager) is not used.
    """
    prometheus, alertmanager = Container("prometheus", tmp_path), Container("alertmanager", tmp_path)
    alertmanager.lay_out()
    prometheus.lay_out(alertmanager)
    receiving = start(alertmanager, "prometheus-alertmanager", "--cluster.listen-address=")
    watching = start(prometheus, "prometheus", "--rules.alert.resend-delay=2s")
    api = f"http://{prometheus.address}/api/v1"
    loaded = [rule for group in asked(f"{api}/rules")["data"]["groups"] for rule in group["rules"]]
    assert sorted(rule["name"] for rule in loaded) == sorted(rule.get("alert") or rule["record"] for rule in rules())
    flags = asked(f"{api}/status/flags")["data"]
    assert (flags["storage.tsdb.retention.time"], flags["enable-feature"]) == ("5w", "exemplar-storage")  # 35 days
    found = awaited(lambda: asked(f"{api}/alertmanagers")["data"]["activeAlertmanagers"], watching)
    assert [each["url"] for each in found] == [f"http://{alertmanager.address}/api/v2/alerts"]
    watchdog = f"http://{alertmanager.address}/api/v2/alerts?filter=alertname=PrewarnWatchdog"
    (alert,) = awaited(lambda: asked(watchdog), receiving)
    assert alert["receivers"] == [{"name": "watchdog"}]
    jobs = asked(f"{api}/targets")["data"]["activeTargets"]
    assert {(job["labels"]["job"], job["labels"]["instance"]) for job in jobs} == {
        ("prometheus", prometheus.address),
        ("alertmanager", alertmanager.address),
    }  # and no worker, whose name nobody here knows
    watching.kill()
    (alert,) = asked(watchdog)
    ends = datetime.fromisoformat(alert["endsAt"])
    # Nobody renews it now: whoever waits ten minutes for the next one hears that Prometheus is gone.
    assert timedelta(0) < ends - datetime.now(UTC) < timedelta(minutes=10)
