"""Idempotency keys of ticket creation.

https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency: a key of at most 255 characters is kept
for two hours; a repeated request returns the first response.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from devkit.simulators.zendesk.responses import ApiError, ApiResponse
from devkit.simulators.zendesk.world import World

_KEPT = 2 * 3600.0
_LONGEST = 255


class IdempotencyKeys:
    """The keys of the account."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[str, tuple[float, str, ApiResponse]] = {}

    def answer(self, key: str | None, body: Any, create: Callable[[], ApiResponse]) -> ApiResponse:
        """The response of `create`, or the first one of the key.

        Raises:
            ApiError: 400, the key is too long or was used with another body.
        """
        if key is None:
            return create()
        if len(key) > _LONGEST:
            raise ApiError(400, {"error": "IdempotentRequestError", "description": "The idempotency key is too long"})
        text, now = json.dumps(body, sort_keys=True), self._world.clock()
        known = self._known.get(key)
        if known is not None and now - known[0] < _KEPT:
            if known[1] != text:
                words = "Request parameters don't match the given idempotency key"
                raise ApiError(400, {"error": "IdempotentRequestError", "description": words})
            first = known[2]
            return ApiResponse(first.body, first.status, first.headers | {"x-idempotency-lookup": "hit"})
        response = create()
        self._known[key] = (now, text, deepcopy(response))
        return ApiResponse(response.body, response.status, response.headers | {"x-idempotency-lookup": "miss"})
