"""Every checker that a bare machine can install, over deploy/ and k8s/."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.deploy.rules import DASHBOARDS, RULE_TESTS, RULES, alerts, filled_in, panel_expressions
from tests.deploy.tools import CHECKERS, DEPLOY, K8S, OVERLAYS, ROOT, clean, kustomized, program, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.deploy

HERE = ROOT / "tests" / "deploy"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
KUSTOMIZATIONS = [K8S / "base", K8S / "kafka", K8S / "monitoring", *(K8S / "overlays" / name for name in OVERLAYS)]
MODELLED = {"ScaledObject", "TriggerAuthentication", "PodMonitor", "PrometheusRule"}
"""Kinds that models.py checks; of Strimzi's no checker can be had, they are made by deploy/generator."""
UNKNOWN = MODELLED | {"KafkaTopic", "KafkaUser"}


def test_prometheus_takes_configuration_and_rules(tmp_path: Path) -> None:
    """Promtool finds nothing, not even duplicate rules."""
    text = (DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8")
    config = tmp_path / "prometheus.yml"
    config.write_text(text.replace("/etc/prometheus/rules", str(DEPLOY / "prometheus" / "rules")), "utf-8")
    assert clean(run("promtool", "check", "config", config)).count("SUCCESS") >= len(RULES)
    clean(run("promtool", "check", "rules", "--lint-fatal", *RULES))


def test_every_alert_fires_and_stays_silent_where_its_cases_say() -> None:
    """Promtool's unit tests, with the texts that operators read."""
    clean(run("promtool", "test", "rules", *RULE_TESTS))


def test_alertmanager_takes_its_configuration() -> None:
    """Amtool finds nothing."""
    clean(run("amtool", "check-config", ALERTMANAGER))


def test_every_alert_reaches_who_should_hear_of_it() -> None:
    """Pages wake somebody, tickets wait, the watchdog goes to the dead-man's switch, the unknown is not lost."""
    cases = [
        ({"alertname": name, "severity": rule["labels"]["severity"], "job": "prewarn"}, rule["labels"]["severity"])
        for name, rule in alerts().items()
        if rule["labels"]["severity"] != "none"
    ]
    cases += [({"alertname": "PrewarnWatchdog", "severity": "none"}, "watchdog"), ({"alertname": "Else"}, "ticket")]
    for labels, receiver in cases:
        matched = [f"{name}={value}" for name, value in labels.items()]
        arguments = ["config", "routes", "test", f"--config.file={ALERTMANAGER}", f"--verify.receivers={receiver}"]
        clean(run("amtool", *arguments, *matched))


def test_every_expression_of_a_panel_is_promql(tmp_path: Path) -> None:
    """By two parsers: Prometheus's own, as rules, and one of its own."""
    texts = [filled_in(text, "1m") for _, text in panel_expressions()]
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(texts)]
    file = tmp_path / "panels.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    clean(run("promtool", "check", "rules", "--lint=none", file))
    (tmp_path / "panels.json").write_text(json.dumps(texts), "utf-8")
    clean(run("python", HERE / "checkers" / "promql.py", tmp_path / "panels.json"))


def test_dashboards_have_grafanas_types(tmp_path: Path) -> None:
    """TypeScript checks them against the schema of the Grafana that compose starts."""
    tool = packages("grafana")
    shutil.copy(HERE / "grafana" / "types.ts", tmp_path)
    shutil.copy(HERE / "grafana" / "tsconfig.json", tmp_path)
    (tmp_path / "node_modules").symlink_to(tool / "node_modules")
    for file in DASHBOARDS:
        text = f'import type {{ Board }} from "./types";\nexport const board: Board = {file.read_text("utf-8")};\n'
        (tmp_path / f"{file.stem}.ts").write_text(text, "utf-8")
    done = subprocess.run(
        [tool / "node_modules" / ".bin" / "tsc", "-p", tmp_path],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    clean(done)


def packages(name: str) -> Path:
    """Return the folder with npm's packages that a folder here asks for, installed from its lock the first time."""
    tool = ROOT / ".cache" / "npm" / name
    lock = HERE / name / "package-lock.json"
    if not (tool / "package-lock.json").exists() or (tool / "package-lock.json").read_bytes() != lock.read_bytes():
        npm = program("npm")
        tool.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name / "package.json", tool)
        shutil.copy(lock, tool)
        command = [npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]
        clean(subprocess.run(command, cwd=tool, capture_output=True, text=True, timeout=300, check=False))
    return tool


def test_manifests_are_what_kubernetes_takes(tmp_path: Path) -> None:
    """Core objects by the API's schemas, strictly; others by the models of their makers. Nothing goes unlooked at."""
    file = tmp_path / "manifests.yaml"
    file.write_text("---\n".join(map(kustomized, KUSTOMIZATIONS)), "utf-8")
    said = clean(run("kubernetes-validate", "--strict", file)).splitlines()
    assert {line.split(" kind ")[1].split(" ")[0] for line in said if "WARN" in line} == UNKNOWN
    assert set(clean(run("python", HERE / "checkers" / "models.py", file)).split()) == MODELLED


def test_policies_find_nothing_that_is_not_justified_in_place(tmp_path: Path) -> None:
    """Checkov over every overlay and the Dockerfile; each skip has its reason beside it."""
    for name in OVERLAYS:
        (tmp_path / f"{name}.yaml").write_text(kustomized(K8S / "overlays" / name), "utf-8")
    shutil.copy(DEPLOY / "Dockerfile", tmp_path)
    arguments = ["--skip-download", "--compact", "--framework", "kubernetes", "dockerfile", "-o", "json"]
    reports = json.loads(clean(run("checkov", "-d", tmp_path, *arguments)))
    assert {report["check_type"] for report in reports} == {"kubernetes", "dockerfile"}
    assert all(report["summary"]["passed"] > 0 == report["summary"]["failed"] for report in reports)
    skipped = [check for report in reports for check in report["results"]["skipped_checks"]]
    assert all(len(check["check_result"]["suppress_comment"]) > 20 for check in skipped)


def test_the_dockerfile_is_clean() -> None:
    """Hadolint finds nothing."""
    clean(run("hadolint", DEPLOY / "Dockerfile"))


def test_the_compose_file_is_one() -> None:
    """By the schema of the compose specification."""
    clean(run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"))


def test_the_asyncapi_document_is_one() -> None:
    """By the schema that AsyncAPI publishes for its version; that it tells the truth is tested in tests/contract."""
    version = yaml.safe_load((DEPLOY / "asyncapi.yaml").read_text("utf-8"))["asyncapi"]
    schema = packages("asyncapi") / "node_modules" / "@asyncapi" / "specs" / "schemas" / f"{version}-without-$id.json"
    clean(run("check-jsonschema", "--schemafile", schema, DEPLOY / "asyncapi.yaml"))


def test_yaml_is_tidy() -> None:
    """Yamllint finds nothing in deploy/ and k8s/ under .yamllint."""
    clean(run("yamllint", "--strict", DEPLOY, K8S))


def test_shell_scripts_are_sound() -> None:
    """Shellcheck finds nothing in what CI runs."""
    clean(run("shellcheck", ROOT / ".ci" / "run"))


def test_the_checkers_are_those_of_the_lock() -> None:
    """None of another installation on the PATH takes the place of ours."""
    names = ("kubectl", "kubernetes-validate", "hadolint", "shellcheck", "yamllint", "check-jsonschema", "python")
    assert [name for name in names if program(name) != str(CHECKERS / name)] == []
