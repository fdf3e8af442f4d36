"""Which files are made, and from what."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.generator import compose, grafana, kafka
from deploy.generator.documents import document, literal, sequence
from streams.settings import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.settings import Settings

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
K8S: Final = ROOT / "k8s"
SETTINGS: Final = K8S / "base" / "settings.env"
POM: Final = ROOT / "tests" / "kafka" / "pom.xml"
PACKAGE: Final = ROOT / "tests" / "deploy" / "grafana" / "package.json"
RULES: Final = DEPLOY / "prometheus" / "rules"


def made() -> Mapping[Path, str]:
    """Return the text of every made file."""
    settings = cluster_settings()
    return {
        K8S / "kafka" / "topics.yaml": sequence(
            kafka.topics(settings), "streams.topology.topics and base/settings.env"
        ),
        K8S / "kafka" / "users.yaml": sequence(kafka.users(settings), "streams.topology.access and base/settings.env"),
        K8S / "monitoring" / "prometheusrule.yaml": document(prometheus_rule(), "deploy/prometheus/rules"),
        DEPLOY / "kustomization.yaml": document(packs(), "the files in rules and knowledge"),
        DEPLOY / ".env": compose.environment_file(kafka_version(), grafana_version()),
        **{
            DEPLOY / "grafana" / "dashboards" / f"{name}.json": json.dumps(board, indent=1, ensure_ascii=False) + "\n"
            for name, board in grafana.boards().items()
        },
    }


def kafka_version() -> str:
    """Return the version of the broker that the tests run against."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", POM.read_text("utf-8"))
    if found is None:
        raise ValueError(f"{POM} names no kafka.version")
    return found[1]


def grafana_version() -> str:
    """Return the version of Grafana whose types the dashboards are checked with."""
    version: str = json.loads(PACKAGE.read_text("utf-8"))["devDependencies"]["@grafana/schema"]
    return version


def environment(file: Path) -> dict[str, str]:
    """Return the variables an environment file sets."""
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def cluster_settings() -> Settings:
    """Return the settings of a worker in the base; of its secrets and files, which only the cluster has, none."""
    given = environment(SETTINGS)
    plain = {name: value for name, value in given.items() if not name.endswith(("_FILE", "_LOCATION", "_DIR"))}
    return load(plain | {"PREWARN_SASL_PASSWORD": "the cluster's"})


def prometheus_rule() -> dict[str, Any]:
    """Return the rules as the Prometheus operator takes them."""
    groups = [group for file in sorted(RULES.glob("*.yaml")) for group in literal(file)["groups"]]
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "prewarn"},
        "spec": {"groups": groups},
    }


def packs() -> dict[str, Any]:
    """Return the kustomization that carries rule pack and tables into the cluster.

    Without the hash in their names: a changed pack is taken by the running workers, not by new ones.
    """
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "configMapGenerator": [
            {
                "name": f"prewarn-{folder}",
                "files": sorted(str(file.relative_to(DEPLOY)) for file in (DEPLOY / folder).iterdir()),
            }
            for folder in ("rules", "knowledge")
        ],
        "generatorOptions": {"disableNameSuffixHash": True, "labels": {"app.kubernetes.io/part-of": "prewarn"}},
    }
