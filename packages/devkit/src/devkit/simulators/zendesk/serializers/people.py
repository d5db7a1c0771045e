"""Users, groups and memberships."""

from typing import Any

from devkit.simulators.zendesk.api_request import Urls
from devkit.simulators.zendesk.records.people import Group, Membership, User


def user_object(urls: Urls, user: User) -> dict[str, Any]:
    """A user, as agents see it."""
    return {
        "id": user.id,
        "url": urls.of("users", user.id),
        "name": user.name,
        "email": user.email,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "time_zone": user.time_zone,
        "iana_time_zone": user.iana_time_zone,
        "phone": user.phone,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": user.role,
        "verified": True,
        "external_id": user.external_id,
        "tags": user.tags,
        "alias": "",
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None,
        "signature": "",
        "details": "",
        "notes": "",
        "role_type": {"end-user": None, "agent": 0, "admin": 4}[user.role],
        "custom_role_id": None,
        "moderator": user.is_staff,
        "ticket_restriction": None if user.is_staff else "requested",
        "only_private_comments": False,
        "restricted_agent": not user.is_staff,
        "suspended": user.suspended,
        "default_group_id": user.default_group_id,
        "report_csv": False,
        "user_fields": {},
    }


def group_object(urls: Urls, group: Group) -> dict[str, Any]:
    """A group."""
    return {
        "url": urls.of("groups", group.id),
        "id": group.id,
        "is_public": True,
        "name": group.name,
        "description": group.description,
        "default": False,
        "deleted": group.deleted,
        "created_at": group.created_at,
        "updated_at": group.created_at,
    }


def membership_object(urls: Urls, membership: Membership) -> dict[str, Any]:
    """A user's membership in a group."""
    return {
        "url": urls.of("group_memberships", membership.id),
        "id": membership.id,
        "user_id": membership.user_id,
        "group_id": membership.group_id,
        "default": membership.default,
        "created_at": membership.created_at,
        "updated_at": membership.created_at,
    }
