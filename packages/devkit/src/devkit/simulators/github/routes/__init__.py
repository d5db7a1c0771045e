"""Route handlers by part of the API. Each module ends with its route table."""

from collections.abc import Callable, Sequence
from typing import Any

from devkit.simulators.github.api_request import ApiRequest

Handler = Callable[[ApiRequest], Any]
Table = Sequence[tuple[str, str, Handler]]
"""Method, path template, handler. A handler returns a JSON value or a `ApiResponse`."""
