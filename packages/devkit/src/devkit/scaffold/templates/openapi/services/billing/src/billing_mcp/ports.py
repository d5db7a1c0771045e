"""The port of the service: the API that its tools read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

Read = TypeVar("Read")
Query = Mapping[str, str | int | float | bool | Sequence[str | int | float] | None]
"""Query parameters. None omits one; a list is sent as one parameter for each value."""


class Api(Protocol):
    """Reads JSON from the API."""

    async def read(
        self,
        path: Sequence[str | int],
        query: Query,
        parse: Callable[[Any], Read],
        *,
        absent: str,
        headers: Mapping[str, str] | None = None,
        ending_slash: bool = False,
    ) -> Read:
        """The response to a GET request.

        Args:
            path: its segments, which are percent-encoded.
            parse: makes the result of the JSON. It raises `ValueError`, `KeyError` or `TypeError` for unusable JSON.
            absent: the sentence of a refusal where the API has no such record.
            headers: sent in addition.
            ending_slash: the path ends with a slash.

        Raises:
            Refused: the API has no such record.
            Unavailable: it refused the request, gave no usable response, or its quota is spent.
        """
        ...
