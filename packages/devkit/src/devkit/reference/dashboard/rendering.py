"""Rows of panels as a Grafana dashboard (schema 41, Grafana 11.6 and later)."""

import json
from itertools import count
from string import ascii_uppercase
from typing import Any, Final

from devkit.reference.dashboard.panels import ROWS
from devkit.reference.dashboard.queries import DURATIONS, Panel, Row

_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_FULL_WIDTH: Final = 24
_HEIGHT: Final = 8
_COUNT: Final = f"{DURATIONS}_count"


def dashboard() -> str:
    """The dashboard as a file."""
    return json.dumps(_dashboard(), indent=2, ensure_ascii=False) + "\n"


def _dashboard() -> dict[str, Any]:
    return {
        "uid": "mcp-fleet",
        "title": "MCP fleet",
        "description": "Calls, errors and latency by server and tool; who is turned away; saturation; upstream hosts.",
        "tags": ["mcp"],
        "schemaVersion": 41,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": [_alerts()]},
        "links": [],
        "templating": {
            "list": [
                {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
                _variable("service", "Service", f"label_values({_COUNT}, job)"),
                _variable("tool", "Tool", f'label_values({_COUNT}{{job=~"$service"}}, gen_ai_tool_name)'),
            ]
        },
        "panels": _panels(),
    }


def _alerts() -> dict[str, Any]:
    """Marks where an alert fired."""
    return {
        "name": "Alerts",
        "datasource": _DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", job=~"$service"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{job}}",
    }


def _variable(name: str, label: str, query: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": _DATASOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels() -> list[dict[str, Any]]:
    numbers, made, top = count(1), [], 0
    for row in ROWS:
        made.append(_heading(row, next(numbers), top))
        top, left = top + 1, 0
        for panel in row.panels:
            if left + panel.width > _FULL_WIDTH:
                top, left = top + _HEIGHT, 0
            place = {"x": left, "y": top, "w": panel.width, "h": _HEIGHT}
            made.append(_panel(panel, next(numbers), place))
            left += panel.width
        top += _HEIGHT
    return made


def _heading(row: Row, number: int, top: int) -> dict[str, Any]:
    place = {"x": 0, "y": top, "w": _FULL_WIDTH, "h": 1}
    return {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.meaning,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "targets": [
            {"refId": letter, "datasource": _DATASOURCE, "expr": query.expression, "legendFormat": query.legend}
            for letter, query in zip(ascii_uppercase, panel.queries, strict=False)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "color": {"mode": "palette-classic"}}
    if panel.unit != "none":
        defaults["min"] = 0
    if panel.words:
        words = {str(value): {"text": text, "color": colour} for value, text, colour in panel.words}
        defaults["mappings"] = [{"type": "value", "options": words}]
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 25 if panel.stacked else 6,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        }
    return defaults


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "state-timeline":
        return {"mergeValues": True, "showValue": "auto", "rowHeight": 0.8, "legend": {"showLegend": False}}
    return {
        "legend": {
            "displayMode": "table",
            "placement": "bottom",
            "calcs": ["lastNotNull", "max"],
            "showLegend": True,
            "sortBy": "Last *",  # what is loudest now stands first, whatever there is besides
            "sortDesc": True,
        },
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
