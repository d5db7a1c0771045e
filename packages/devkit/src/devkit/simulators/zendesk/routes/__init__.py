"""Route handlers by noun. Each module has a table of methods, paths and handlers."""

from collections.abc import Callable
from typing import Any

from devkit.simulators.zendesk.api_request import ApiRequest

Handler = Callable[[ApiRequest], Any]
"""Returns the JSON value of the response, or an `ApiResponse`."""

Table = tuple[tuple[str, str, Handler], ...]
"""Method, path below /api/v2 without `.json`, and handler."""
