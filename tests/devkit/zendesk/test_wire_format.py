"""The simulator's responses fit Zendesk's published OpenAPI file, from which a package on PyPI is generated."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from devkit.simulators.zendesk.routes.tables import TABLES
from devkit.simulators.zendesk.testing import RunningSimulator
from tests.fixtures.published import PATIENCE, published_wheels

HERE = Path(__file__).parent
Body = dict[str, Any] | None
NEW = {"ticket": {"subject": "New", "comment": {"body": "Words"}, "priority": "low", "tags": ["one"]}}
REQUESTS: tuple[tuple[str, str, Body, str | None], ...] = (
    ("GET", "/account/settings", None, "AccountSettingsResponse"),
    ("GET", "/attachments/{attachment}", None, "AttachmentResponse"),
    ("POST", "/uploads?filename=a.txt", {}, "AttachmentUploadResponse"),
    ("DELETE", "/uploads/{upload}", None, None),
    ("GET", "/tickets/1/comments", None, "TicketCommentsResponse"),
    ("GET", "/tickets/1/comments?page[size]=1&include=users", None, "TicketCommentsResponse"),
    ("GET", "/tickets/1/comments/count", None, "TicketCommentsCountResponse"),
    ("PUT", "/tickets/1/comments/{comment}/make_private", {}, None),
    ("GET", "/groups", None, "GroupsResponse"),
    ("GET", "/groups/assignable", None, "GroupsResponse"),
    ("GET", "/groups/{group}", None, "GroupResponse"),
    ("GET", "/group_memberships", None, "GroupMembershipsResponse"),
    ("GET", "/group_memberships/assignable", None, "GroupMembershipsResponse"),
    ("GET", "/groups/{group}/memberships", None, "GroupMembershipsResponse"),
    ("GET", "/users/{agent}/group_memberships", None, "GroupMembershipsResponse"),
    ("PUT", "/tickets/update_many?ids=2,3", {"ticket": {"priority": "low"}}, "JobStatusResponse"),
    ("GET", "/job_statuses/{job}", None, "JobStatusResponse"),
    ("GET", "/job_statuses/show_many?ids={job}", None, "JobStatusesResponse"),
    ("GET", "/macros", None, "MacrosResponse"),
    ("GET", "/macros/active", None, "MacrosResponse"),
    ("GET", "/macros/search?query=known", None, "MacrosResponse"),
    ("GET", "/macros/{macro}", None, "MacroResponse"),
    ("GET", "/macros/{macro}/apply", None, "MacroApplyTicketResponse"),
    ("GET", "/tickets/1/macros/{macro}/apply", None, None),
    ("GET", "/search?query=type:ticket status<solved", None, "SearchResponse"),
    ("GET", "/search/count?query=type:ticket", None, "SearchCountResponse"),
    ("GET", "/search/export?filter[type]=ticket&query=status:new&page[size]=2", None, "SearchExportResponse"),
    ("GET", "/slas/policies", None, "SLAPoliciesResponse"),
    ("GET", "/slas/policies/{policy}", None, "SLAPolicyResponse"),
    ("GET", "/business_hours/schedules", None, None),
    ("GET", "/business_hours/schedules/{schedule}", None, None),
    ("GET", "/business_hours/schedules/{schedule}/holidays", None, None),
    ("GET", "/ticket_fields", None, "TicketFieldsResponse"),
    ("GET", "/ticket_fields/{field}", None, "TicketFieldResponse"),
    ("GET", "/ticket_fields/{field}/options", None, "CustomFieldOptionsResponse"),
    ("GET", "/ticket_forms", None, "TicketFormsResponse"),
    ("GET", "/ticket_forms/{form}", None, "TicketFormResponse"),
    ("GET", "/tickets?page[size]=5", None, "TicketsResponse"),
    ("GET", "/tickets/show_many?ids=1,2,3", None, "TicketsResponse"),
    ("GET", "/tickets/count", None, None),
    ("GET", "/users/{agent}/tickets/assigned", None, "TicketsResponse"),
    ("GET", "/ticket_metrics", None, "TicketMetricsResponse"),
    ("POST", "/tickets", NEW, "TicketResponse"),
    ("PUT", "/tickets/2", {"ticket": {"status": "pending", "comment": {"body": "Hi"}}}, "TicketUpdateResponse"),
    ("POST", "/tickets/1/merge", {"ids": [3], "target_comment": "Twin"}, "JobStatusResponse"),
    ("DELETE", "/tickets/4", None, None),
    ("GET", "/tickets/1", None, "TicketResponse"),
    ("GET", "/tickets/1/metrics", None, None),
    ("GET", "/tickets/1/audits", None, "TicketAuditsResponseNoneCursor"),
    ("GET", "/tickets/1/audits/{audit}", None, "TicketAuditResponse"),
    ("GET", "/tickets/1/collaborators", None, "UsersResponse"),
    ("GET", "/tickets/1/followers", None, "UsersResponse"),
    ("GET", "/tickets/1/email_ccs", None, "UsersResponse"),
    ("GET", "/tickets/1/tags", None, "TagsByObjectIDResponse"),
    ("POST", "/tickets/2/tags", {"tags": ["one"]}, "TagsByObjectIDResponse"),
    ("PUT", "/tickets/2/tags", {"tags": ["two"]}, "TagsByObjectIDResponse"),
    ("DELETE", "/tickets/2/tags", {"tags": ["two"]}, "TagsByObjectIDResponse"),
    ("GET", "/users", None, "UsersResponse"),
    ("POST", "/users", {"user": {"name": "Una New", "email": "una@customer.example"}}, "UserResponse"),
    ("GET", "/users/me", None, "UserResponse"),
    ("GET", "/users/show_many?ids={agent}", None, "UsersResponse"),
    ("GET", "/users/search?query=ada", None, "UsersResponse"),
    ("GET", "/users/autocomplete?name=ad", None, "UsersResponse"),
    ("POST", "/users/create_or_update", {"user": {"name": "Una", "email": "una@customer.example"}}, "UserResponse"),
    ("GET", "/users/{agent}", None, "UserResponse"),
    ("GET", "/users/{agent}/groups", None, "GroupsResponse"),
    ("GET", "/groups/{group}/users", None, "UsersResponse"),
)
UNDESCRIBED = (
    # The OpenAPI file lists records without their pages. The reference pages show these members.
    r"(count|next_page|previous_page|meta|links|users|audit)",
    r"tickets?\.(fields|result_type)",
    r"results\..*",
    r"upload\.expires_at",
    r"result\.ticket\.comment\.html_body",
    r"(ticket_fields?\.)?custom_field_options\.default",
)


def fill(text: str, names: dict[str, Any]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: str(names[match[1]]), text)


def names_of(simulator: RunningSimulator) -> dict[str, Any]:
    """Identifiers of records of every kind."""
    world = simulator.world
    (agent,) = (user.id for user in world.users.values() if user.external_id == "ada.lind")
    (tagger,) = (one.id for one in world.fields.values() if one.type == "tagger")
    first = {"group": world.groups, "macro": world.macros, "policy": world.policies, "schedule": world.schedules}
    first |= {"form": world.forms, "attachment": world.attachments}
    ticket = world.tickets[1]
    own = {"agent": agent, "field": tagger, "comment": ticket.comments[1].id, "audit": ticket.audits[0].id}
    return own | {name: next(iter(records)) for name, records in first.items()}


def problems_of(responses: list[tuple[str, Any]]) -> list[str]:
    """The deviations from the models that `UNDESCRIBED` does not explain."""
    wheels = published_wheels(HERE / "wheels.txt", "clients of Zendesk's API")
    command = [sys.executable, str(HERE / "clients" / "check_models.py"), str(wheels)]
    given = json.dumps(responses)
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[str] = json.loads(done.stdout)
    explained = re.compile(rf"\w+: (?:{'|'.join(UNDESCRIBED)}) is unknown")
    return [problem for problem in found if explained.fullmatch(problem) is None]


def test_every_route_answers_as_zendesk_describes(simulator: RunningSimulator, zendesk: httpx2.Client) -> None:
    names, responses = names_of(simulator), []
    for method, path, body, model in REQUESTS:
        response = zendesk.request(method, fill(path, names), json=body)
        assert response.status_code in (200, 201, 204), (method, path, response.text)
        if "upload" in path and method == "POST":
            names["upload"] = response.json()["upload"]["token"]
        if "update_many" in path:
            names["job"] = response.json()["job_status"]["id"]
        if model is not None:
            responses.append((model, response.json()))
        if model in ("SearchResponse", "SearchExportResponse"):
            responses += [("TicketResponse", {"ticket": one}) for one in response.json()["results"]]
    assert problems_of(responses) == []


def test_every_route_is_checked() -> None:
    sent = [(method, path.partition("?")[0]) for method, path, _, _ in REQUESTS]
    for table in TABLES:
        for method, path, _ in table.TABLE:
            pattern = re.sub(r"\{\w+\}", r"[^/]+", path)
            assert any(verb == method and re.fullmatch(pattern, one) for verb, one in sent), (method, path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"id": "many"}, "TicketResponse: ticket.id"),
        ({"created_at": "yesterday"}, "TicketResponse: ticket.created_at"),
        ({"state": "open"}, "TicketResponse: ticket.state is unknown"),
        ({"status": "waiting"}, "TicketResponse: ticket.status"),
    ],
)
def test_checker_detects_responses_unlike_zendesks(
    zendesk: httpx2.Client, change: dict[str, Any], problem: str
) -> None:
    ticket = zendesk.get("/tickets/1").json()["ticket"]
    found = problems_of([("TicketResponse", {"ticket": ticket | change})])
    assert [one[: len(problem)] for one in found] == [problem]
