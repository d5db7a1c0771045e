"""Responses and failures of an upstream, without a host."""

import json
from typing import Any

from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.response import UpstreamResponse

NOW = 1_800_000_030.0  # half a minute past a full minute


def reply(status: int = 200, content: Any = None, **headers: str) -> UpstreamResponse:
    lower = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return UpstreamResponse(status, lower, json.dumps(content).encode(), NOW)


def failure(**details: Any) -> UpstreamFailed:
    return UpstreamFailed("library", "failed", kind="500", **details)
