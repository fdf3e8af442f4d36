"""Reads custom objects through their makers' models and compares what comes back: fields they do not know are lost.

Runs in the checkers' environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from cloudcoil.models.keda.v1alpha1 import ScaledObject, TriggerAuthentication
from cloudcoil.models.prometheus_operator.v1 import PodMonitor, PrometheusRule

KINDS = {model.__name__: model for model in (ScaledObject, TriggerAuthentication, PodMonitor, PrometheusRule)}

for document in yaml.safe_load_all(Path(sys.argv[1]).read_text("utf-8")):
    model = KINDS.get(document["kind"])
    if model is not None:
        back = model.model_validate(document).model_dump(by_alias=True, mode="json", exclude_none=True)
        if back != document:
            sys.exit(f"{document['kind']} {document['metadata']['name']}: given {document}\nunderstood {back}")
        sys.stdout.write(f"{document['kind']}\n")
