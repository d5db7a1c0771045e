"""Who sends a request: basic authentication with an API token, or an OAuth access token.

https://developer.zendesk.com/api-reference/introduction/security-and-auth/
"""

import base64
import binascii
import secrets

from devkit.simulators.zendesk.records.people import User
from devkit.simulators.zendesk.responses import unauthenticated
from devkit.simulators.zendesk.world import World


def user_of(authorization: str | None, world: World) -> User:
    """The user of the `Authorization` header.

    Basic credentials are ``{email}/token:{API token}``; passwords are not accepted, as in accounts that turned them
    off. Raises `ApiError` 401.
    """
    scheme, _, value = (authorization or "").partition(" ")
    user: User | None = None
    if scheme.lower() == "bearer":
        known = (user_id for token, user_id in world.oauth_tokens.items() if secrets.compare_digest(token, value))
        user = world.users.get(next(known, 0))
    elif scheme.lower() == "basic":
        try:
            name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise unauthenticated() from None
        email, slash, kind = name.rpartition("/")
        if slash and kind == "token" and any(secrets.compare_digest(token, one) for one in world.api_tokens):
            user = world.user_by_email(email)
    if user is None or user.suspended or not user.active:
        raise unauthenticated()
    return user
