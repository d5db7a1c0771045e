"""Users."""

from collections.abc import Callable
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.responses import ApiResponse, invalid_field, invalid_parameter
from devkit.simulators.zendesk.routes import Table
from devkit.simulators.zendesk.search.people import find_users
from devkit.simulators.zendesk.search.query import has_words, read, words_of
from devkit.simulators.zendesk.serializers.people import group_object, user_object

_ROLES = ("end-user", "agent", "admin")


def list_users(request: ApiRequest) -> dict[str, Any]:
    """GET /users, by role if given."""
    request.require_agent()
    roles = [request.query[name] for name in ("role", "role[]") if name in request.query]
    return _page(request, lambda user: not roles or user.role in roles)


def me(request: ApiRequest) -> dict[str, Any]:
    """GET /users/me."""
    return {"user": user_object(request.urls, request.user)}


def show(request: ApiRequest) -> dict[str, Any]:
    """GET /users/{id}."""
    return {"user": user_object(request.urls, request.found(request.world.users))}


def show_many(request: ApiRequest) -> dict[str, Any]:
    """GET /users/show_many: at most 100 ids or external_ids."""
    request.require_agent()
    if "external_ids" in request.query:
        wanted = request.query["external_ids"].split(",")
        return _page(request, lambda user: user.external_id in wanted)
    ids = request.ids()
    return _page(request, lambda user: user.id in ids)


def search(request: ApiRequest) -> dict[str, Any]:
    """GET /users/search: by `query` or `external_id`."""
    request.require_agent()
    if "external_id" in request.query:
        return _page(request, lambda user: user.external_id == request.query["external_id"])
    if not request.query.get("query", "").strip():
        raise invalid_parameter("query", "is required", f"api/v2{request.path}")
    found = find_users(request.world, read(request.query["query"]))
    return request.page("users", found, lambda user: user_object(request.urls, user))


def autocomplete(request: ApiRequest) -> dict[str, Any]:
    """GET /users/autocomplete: names that begin so; at least two characters."""
    request.require_agent()
    name = request.query.get("name", "")
    if len(name) < 2:
        raise invalid_parameter("name", "must have at least two characters", f"api/v2{request.path}")
    return _page(request, lambda user: has_words(words_of(user.name), name, is_phrase=False))


def in_group(request: ApiRequest) -> dict[str, Any]:
    """GET /groups/{id}/users."""
    request.require_agent()
    group = request.group()
    return _page(request, lambda user: request.world.is_member(user.id, group.id))


def groups_of(request: ApiRequest) -> dict[str, Any]:
    """GET /users/{id}/groups."""
    user, world = request.found(request.world.users), request.world
    found = [group for group in world.groups.values() if not group.deleted and world.is_member(user.id, group.id)]
    return request.page("groups", found, lambda group: group_object(request.urls, group))


def create(request: ApiRequest) -> ApiResponse:
    """POST /users. An address that is taken is refused."""
    request.require_agent()
    fields = request.object("user")
    if request.world.user_by_email(str(fields.get("email") or "")) is not None:
        words = f"Email: {fields['email']} is already being used by another user"
        raise invalid_field("email", words, "DuplicateValue")
    return ApiResponse({"user": user_object(request.urls, _made(request, fields))}, 201)


def create_or_update(request: ApiRequest) -> ApiResponse:
    """POST /users/create_or_update: known by e-mail address or external_id."""
    request.require_agent()
    fields = request.object("user")
    known = request.world.user_by_email(str(fields.get("email") or ""))
    if known is None and fields.get("external_id"):
        users = request.world.users.values()
        known = next((user for user in users if user.external_id == str(fields["external_id"])), None)
    if known is None:
        return ApiResponse({"user": user_object(request.urls, _made(request, fields))}, 201)
    known.name = str(fields.get("name") or known.name)
    known.external_id = str(fields["external_id"]) if fields.get("external_id") else known.external_id
    known.updated_at = request.now
    return ApiResponse({"user": user_object(request.urls, known)})


def _made(request: ApiRequest, fields: dict[str, Any]) -> User:
    name, role = str(fields.get("name") or "").strip(), fields.get("role", "end-user")
    if not name:
        raise invalid_field("name", "Name: is too short (minimum one character)", "BlankValue")
    if role not in _ROLES:
        raise invalid_field("role", f"Role: {role} is not included in the list", "InvalidValue")
    if role != "end-user":
        request.require_admin()
    external_id = str(fields["external_id"]) if fields.get("external_id") else None
    email = str(fields["email"]) if fields.get("email") else None
    return request.world.add_user(name, email, role, external_id=external_id)


def _page(request: ApiRequest, wanted: Callable[[User], bool]) -> dict[str, Any]:
    found = [user for user in request.world.users.values() if user.active and wanted(user)]
    return request.page("users", found, lambda user: user_object(request.urls, user))


TABLE: Table = (
    ("GET", "/users", list_users),
    ("POST", "/users", create),
    ("GET", "/users/me", me),
    ("GET", "/users/show_many", show_many),
    ("GET", "/users/search", search),
    ("GET", "/users/autocomplete", autocomplete),
    ("POST", "/users/create_or_update", create_or_update),
    ("GET", "/users/{id}", show),
    ("GET", "/users/{id}/groups", groups_of),
    ("GET", "/groups/{id}/users", in_group),
)
