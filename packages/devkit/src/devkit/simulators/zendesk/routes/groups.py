"""Groups and memberships."""

from collections.abc import Callable
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.people import Membership
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.serializers.people import group_object, membership_object, user_object


def list_groups(request: ApiRequest) -> dict[str, Any]:
    """GET /groups, and /groups/assignable: those with agents."""
    request.require_agent()
    found = [group for group in request.world.groups.values() if not group.deleted]
    if request.path.endswith("/assignable"):
        with_agents = {one.group_id for one in request.world.memberships.values()}
        found = [group for group in found if group.id in with_agents]
    return request.page("groups", found, lambda group: group_object(request.urls, group))


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /groups/{id}."""
    request.require_agent()
    return {"group": group_object(request.urls, request.group())}


def memberships(request: ApiRequest) -> dict[str, Any]:
    """GET /group_memberships."""
    request.require_agent()
    return _page(request, lambda _: True)


def memberships_of_group(request: ApiRequest) -> dict[str, Any]:
    """GET /groups/{id}/memberships."""
    request.require_agent()
    group = request.group()
    return _page(request, lambda one: one.group_id == group.id)


def memberships_of_user(request: ApiRequest) -> dict[str, Any]:
    """GET /users/{id}/group_memberships."""
    user = request.found(request.world.users)
    return _page(request, lambda one: one.user_id == user.id)


def _page(request: ApiRequest, wanted: Callable[[Membership], bool]) -> dict[str, Any]:
    world, urls, included = request.world, request.urls, request.included

    def beside(shown: Any) -> dict[str, Any]:
        users = dict.fromkeys(one.user_id for one in shown)
        groups = dict.fromkeys(one.group_id for one in shown)
        lists: dict[str, Callable[[], list[dict[str, Any]]]] = {
            "users": lambda: [user_object(urls, world.users[one]) for one in users],
            "groups": lambda: [group_object(urls, world.groups[one]) for one in groups],
        }
        return {name: make() for name, make in lists.items() if name in included}

    found = [one for one in world.memberships.values() if wanted(one)]
    return request.page("group_memberships", found, lambda one: membership_object(urls, one), beside)


TABLE: Table = (
    ("GET", "/groups", list_groups),
    ("GET", "/groups/assignable", list_groups),
    ("GET", "/group_memberships", memberships),
    ("GET", "/group_memberships/assignable", memberships),
    ("GET", "/groups/{id}", show),
    ("GET", "/groups/{id}/memberships", memberships_of_group),
    ("GET", "/users/{id}/group_memberships", memberships_of_user),
)
