"""SLA policies and schedules, for administrators."""

from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.settings import Schedule, SlaPolicy
from devkit.simulators.zendesk.responses import not_found
from devkit.simulators.zendesk.routes import Table


def policies(request: ApiRequest) -> dict[str, Any]:
    """GET /slas/policies."""
    request.require_admin()
    found = [_policy(request, one) for one in request.world.policies.values()]
    return {"sla_policies": found, "next_page": None, "previous_page": None, "count": len(found)}


def policy(request: ApiRequest) -> dict[str, Any]:
    """GET /slas/policies/{id}."""
    request.require_admin()
    return {"sla_policy": _policy(request, request.found(request.world.policies))}


def schedules(request: ApiRequest) -> dict[str, Any]:
    """GET /business_hours/schedules."""
    request.require_admin()
    return {"schedules": [_schedule(one) for one in request.world.schedules.values()]}


def schedule(request: ApiRequest) -> dict[str, Any]:
    """GET /business_hours/schedules/{id}."""
    request.require_admin()
    return {"schedule": _schedule(request.found(request.world.schedules))}


def holidays(request: ApiRequest) -> dict[str, Any]:
    """GET /business_hours/schedules/{id}/holidays."""
    request.require_admin()
    one = request.world.schedules.get(request.number())
    if one is None:
        raise not_found()
    shown = [
        {"id": identifier, "name": name, "start_date": begins, "end_date": ends}
        for identifier, name, begins, ends in one.holidays
    ]
    return {"holidays": shown}


def _policy(request: ApiRequest, one: SlaPolicy) -> dict[str, Any]:
    groups = [{"field": "group_id", "operator": "is", "value": str(identifier)} for identifier in one.group_ids]
    metrics = [
        {"priority": priority, "metric": metric, "target": target, "business_hours": one.schedule_id is not None}
        for (metric, priority), target in one.targets.items()
    ]
    return {
        "url": request.urls.of("slas/policies", one.id),
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "position": one.position,
        "filter": {"all": [], "any": groups},
        "policy_metrics": metrics,
        "created_at": one.created_at,
        "updated_at": one.created_at,
    }


def _schedule(one: Schedule) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "time_zone": one.time_zone,
        "intervals": [{"start_time": begins, "end_time": ends} for begins, ends in one.intervals],
        "created_at": one.created_at,
        "updated_at": one.created_at,
    }


TABLE: Table = (
    ("GET", "/slas/policies", policies),
    ("GET", "/slas/policies/{id}", policy),
    ("GET", "/business_hours/schedules", schedules),
    ("GET", "/business_hours/schedules/{id}", schedule),
    ("GET", "/business_hours/schedules/{id}/holidays", holidays),
)
