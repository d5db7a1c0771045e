"""What the simulator answers, by part of the API. Each file ends in the table of its routes."""

from collections.abc import Callable, Sequence
from typing import Any

from devkit.simulators.github.api_request import Ask

Handler = Callable[[Ask], Any]
Table = Sequence[tuple[str, str, Handler]]
"""Method, path template, handler. A handler returns a JSON value or a `Reply`."""
