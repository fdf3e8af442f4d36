"""The settings of the deployments are settings, and numbers that must agree do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from deploy.generator.files import SETTINGS, environment
from streams.settings import Settings, describe, load
from streams.settings.sources import VARIABLES
from tests.deploy.tools import DEPLOY, K8S, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def loaded(file: Path, folder: Path) -> Settings:
    """Return the settings of an environment file; the files it names are stood for by some of ours."""
    values = {name: value for name, value in environment(file).items() if name.startswith("PREWARN_")}
    for name in values:
        stand_in = folder / name.lower()
        if name.endswith("_DIR"):
            stand_in.mkdir()
        elif name.endswith(("_FILE", "_LOCATION")):
            stand_in.write_text("sixteen bytes at least", "utf-8")
        else:
            continue
        values[name] = str(stand_in)
    return load(values, required=["person_key"])


def document(file: Path) -> Any:
    """Return what the first YAML document of a file says."""
    return next(yaml.safe_load_all(file.read_text("utf-8")))


@pytest.mark.parametrize("file", [DEPLOY / ".env", SETTINGS], ids=["compose", "kubernetes"])
def test_a_worker_takes_the_settings_of_the_deployment(file: Path, tmp_path: Path) -> None:
    """No unknown name, no impossible value, nothing missing that a worker needs; metrics reach beyond the container."""
    settings = loaded(file, tmp_path)
    assert settings.metrics_host == "0.0.0.0"  # noqa: S104 - inside a container
    assert settings.log_format == "json"


def test_compose_documents_every_setting() -> None:
    """Whether it counts or not, each one stands in .env with its meaning above it."""
    lines = (DEPLOY / ".env").read_text("utf-8").splitlines()
    said = {line.removeprefix("#").partition("=")[0].removesuffix("_FILE") for line in lines if "=" in line}
    assert {row.variable for row in describe()} <= said


def test_compose_hands_the_workers_only_names_they_know() -> None:
    """Unknown PREWARN_ names would stop the start."""
    names = {name for name in environment(DEPLOY / ".env") if name.startswith("PREWARN_")}
    assert names <= VARIABLES


def test_a_worker_has_longer_to_stop_than_it_takes(tmp_path: Path) -> None:
    """Otherwise it is killed while it saves its state."""
    pod = document(K8S / "base" / "statefulset.yaml")["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > loaded(SETTINGS, tmp_path).stop_timeout
    compose = document(DEPLOY / "compose.yaml")
    assert int(compose["services"]["worker"]["stop_grace_period"].removesuffix("s")) > Settings().stop_timeout


def test_there_are_never_more_workers_than_partitions(tmp_path: Path) -> None:
    """The others would hold memory and do nothing."""
    partitions = loaded(SETTINGS, tmp_path).partitions
    scaled = list(yaml.safe_load_all((K8S / "overlays" / "keda" / "scaledobject.yaml").read_text("utf-8")))[1]
    assert scaled["spec"]["maxReplicaCount"] <= partitions
    assert document(K8S / "base" / "statefulset.yaml")["spec"]["replicas"] <= partitions


def test_everybody_means_the_same_port(tmp_path: Path) -> None:
    """Settings, pod, NetworkPolicy, image, and Prometheus of compose."""
    port = loaded(SETTINGS, tmp_path).metrics_port
    container = document(K8S / "base" / "statefulset.yaml")["spec"]["template"]["spec"]["containers"][0]
    assert container["ports"] == [{"name": "metrics", "containerPort": port}]
    assert f"EXPOSE {port}" in (DEPLOY / "Dockerfile").read_text("utf-8")
    scrapes = document(DEPLOY / "prometheus" / "prometheus.yml")["scrape_configs"]
    assert scrapes[0]["dns_sd_configs"][0]["port"] == port


def test_the_image_holds_what_was_tested() -> None:
    """Every pin of the image is one of the lock that the tests run with."""
    tested = set(pins("requirements.lock"))
    assert set(pins("deploy/requirements.lock")) <= tested
    assert set(pins("deploy/build.lock")) <= tested


def pins(file: str) -> list[str]:
    """Return the pinned packages of a lock."""
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [line.split(" ")[0] for line in lines if "==" in line and not line.lstrip().startswith("#")]


def test_the_pack_reaches_the_pods_as_a_folder() -> None:
    """A file mounted by subPath would never follow a changed ConfigMap; and the ConfigMap keeps its name."""
    pod = document(K8S / "base" / "statefulset.yaml")["spec"]["template"]["spec"]
    assert all("subPath" not in mount for mount in pod["containers"][0]["volumeMounts"])
    assert document(DEPLOY / "kustomization.yaml")["generatorOptions"]["disableNameSuffixHash"] is True
    volumes = {volume["name"]: volume.get("configMap", {}).get("name") for volume in pod["volumes"]}
    assert (volumes["rules"], volumes["knowledge"]) == ("prewarn-rules", "prewarn-knowledge")
