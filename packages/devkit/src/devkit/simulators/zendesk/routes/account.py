"""The account's settings: a small part of them.

The API reference names no time zone here; clients take the one of `GET /users/me`.
"""

from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest
from devkit.simulators.zendesk.routes import Table


def settings(request: ApiRequest) -> dict[str, Any]:
    """GET /account/settings."""
    request.require_agent()
    tickets = {
        "agent_collision": True,
        "comments_public_by_default": True,
        "is_first_comment_private_enabled": True,
        "list_newest_comments_first": True,
        "private_attachments": False,
        "tagging": True,
        "collaboration": True,
    }
    return {
        "settings": {
            "active_features": {"business_hours": True, "customer_satisfaction": False, "sandbox": False},
            "api": {"accepted_api_agreement": True, "api_token_access": "true", "api_password_access": "false"},
            "limits": {"attachment_size": 52_428_800},
            "localization": {"locale_ids": [1]},
            "statistics": {"forum": False, "search": True},
            "tickets": tickets,
        }
    }


TABLE: Table = (("GET", "/account/settings", settings),)
