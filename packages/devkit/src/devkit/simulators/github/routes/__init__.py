"""What the simulator answers, by part of the API. Each file ends in the table of its routes."""

from collections.abc import Callable, Sequence
from typing import Any

from devkit.simulators.github.api_request import ApiRequest

Handler = Callable[[ApiRequest], Any]
Table = Sequence[tuple[str, str, Handler]]
"""Method, path template, handler. A handler returns a JSON value or a `ApiResponse`."""
