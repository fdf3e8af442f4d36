"""Panels and dashboards as Grafana's JSON, with what every one of ours has: a description, a unit, a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS: Final = 24
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
FLEET: Final = 'job=~"$job", namespace=~"$namespace"'
"""Selects the workers of an installation."""
SCHEMA_VERSION: Final = 41
GREEN, ORANGE, RED = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    """One PromQL expression of a panel.

    Attributes:
        expr: The expression.
        legend: What its series are called; `{{label}}` stands for a label's value.
        exemplars: Show the exemplars of its buckets.
        now: Only the newest value, as a table or a single number wants it.
        shape: `time_series`, `table` or `heatmap`.
    """

    expr: str
    legend: str = ""
    exemplars: bool = False
    now: bool = False
    shape: str = "time_series"

    def target(self, index: int) -> dict[str, Any]:
        """Return it as Grafana's JSON."""
        return {
            "refId": chr(ord("A") + index),
            "datasource": SOURCE,
            "expr": self.expr,
            "legendFormat": self.legend,
            "exemplar": self.exemplars,
            "instant": self.now,
            "range": not self.now,
            "format": self.shape,
        }


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        title: A few words.
        doc: What it shows, and what good looks like.
        unit: Grafana's name of the unit.
        queries: What is drawn.
        kind: Grafana's type of panel.
        width: Of 24 columns.
        stacked: Areas on top of each other.
        thresholds: Values from which a colour counts; the first one is that of everything below.
        options: What this type of panel has beside.
        transformations: What is done to the data first.
        overrides: What differs for single fields.
        top: The largest value of the axis.
    """

    title: str
    doc: str
    unit: str
    queries: Sequence[Query]
    kind: str = "timeseries"
    width: int = 8
    stacked: bool = False
    thresholds: Sequence[tuple[float | None, str]] = ((None, GREEN),)
    options: dict[str, Any] = field(default_factory=dict)
    transformations: Sequence[dict[str, Any]] = ()
    top: float | None = None

    def json(self, number: int, place: dict[str, int]) -> dict[str, Any]:
        """Return it as Grafana's JSON."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.doc,
            "datasource": SOURCE,
            "gridPos": place,
            "targets": [query.target(index) for index, query in enumerate(self.queries)],
            "fieldConfig": {"defaults": self._defaults(), "overrides": []},
            "options": _OPTIONS.get(self.kind, {}) | self.options,
            "transformations": list(self.transformations),
        }

    def _defaults(self) -> dict[str, Any]:
        steps = [{"value": value, "color": color} for value, color in self.thresholds]
        defaults: dict[str, Any] = {
            "unit": self.unit,
            "thresholds": {"mode": "absolute", "steps": steps},
            "color": {"mode": "palette-classic" if self.kind == "timeseries" else "thresholds"},
            "mappings": [],
        }
        if self.kind == "timeseries":
            defaults["min"] = 0
            defaults["custom"] = {
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": 60 if self.stacked else 8,
                "showPoints": "never",
                "spanNulls": False,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "line" if len(self.thresholds) > 1 else "off"},
            }
        return defaults if self.top is None else defaults | {"max": self.top}


_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "reduceOptions": {"values": False, "calcs": ["lastNotNull"], "fields": ""},
        "colorMode": "background",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "auto",
        "wideLayout": True,
        "percentChangeColorMode": "standard",
        "showPercentChange": False,
    },
    "bargauge": {
        "reduceOptions": {"values": False, "calcs": ["lastNotNull"], "fields": ""},
        "displayMode": "basic",
        "orientation": "horizontal",
        "showUnfilled": True,
        "valueMode": "color",
        "minVizHeight": 12,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "sizing": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": False, "calcs": []},
        "maxVizHeight": 300,
    },
    "table": {"showHeader": True, "cellHeight": "sm"},
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange",
                  "reverse": False},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "auto",
        "tooltip": {"mode": "single", "yHistogram": False, "showColorScale": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A heading and the panels under it, as high as `height` (a unit is 30 pixels)."""

    title: str
    panels: Sequence[Panel]
    height: int = 8


def dashboard(
    uid: str, title: str, doc: str, rows: Sequence[Row], variables: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return a dashboard: rows from top to bottom, panels from left to right."""
    return {
        "uid": uid,
        "title": title,
        "description": doc,
        "tags": ["prewarn"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "fiscalYearStartMonth": 0,
        "timepicker": {"hidden": False},
        "templating": {"list": [_SOURCES, *variables]},
        "annotations": {"list": _ANNOTATIONS},
        "links": [
            {
                "title": "prewarn", "type": "dashboards", "tags": ["prewarn"], "asDropdown": False,
                "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "",
                "url": "",
            }
        ],
        "panels": _placed(rows),
    }  # fmt: skip


def _placed(rows: Sequence[Row]) -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        heading = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
        placed.append(
            {
                "id": len(placed) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": heading,
                "panels": [],
            }
        )
        x, y = 0, y + 1
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, y + row.height
            place = {"h": row.height, "w": panel.width, "x": x, "y": y}
            placed.append(panel.json(len(placed) + 1, place))
            x += panel.width
        y += row.height
    return placed


def variable(name: str, label: str, query: str, *, many: bool = True) -> dict[str, Any]:
    """Return a variable whose values Prometheus tells; `many` may be chosen, and all are at first."""
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": many,
        "includeAll": many,
        "options": [],
        "hide": 0,
        "skipUrlSync": False,
        **({"allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}} if many else {}),
    }


JOB: Final = variable("job", "Job", "label_values(prewarn_build_info, job)")
NAMESPACE: Final = variable("namespace", "Namespace", 'label_values(prewarn_build_info{job=~"$job"}, namespace)')
INSTANCE: Final = variable(
    "instance",
    "Worker",
    f"label_values(prewarn_build_info{{{FLEET}}}, instance)",
    many=False,
)
_SOURCES: Final = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
    "current": {"text": "Prometheus", "value": "prometheus"},
    "options": [],
    "refresh": 1,
    "regex": "",
    "hide": 0,
    "skipUrlSync": False,
    "multi": False,
    "includeAll": False,
}
_ANNOTATIONS: Final = [
    {
        "name": "Workers started",
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "blue",
        "expr": f"process_start_time_seconds{{{FLEET}}} * 1000",
        "titleFormat": "started",
        "textFormat": "{{instance}}",
        "useValueForTime": "on",
    },
    {
        "name": "Rule packs",
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "purple",
        "expr": f"sum by (result) (increase(prewarn_ruleset_reloads_total{{{FLEET}}}[$__interval])) > 0",
        "titleFormat": "rule pack {{result}}",
        "textFormat": "",
        "step": "60s",
    },
]


def quantile(q: float, metric: str, by: str = "", select: str = FLEET) -> str:
    """Return the PromQL of a histogram's quantile."""
    labels = ", ".join(label for label in (by, "le") if label)
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{select}}}[$__rate_interval])))"
