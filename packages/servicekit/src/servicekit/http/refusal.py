"""A request that is refused before it becomes a call. Statuses are in `servicekit.mcp.statuses`."""

from collections.abc import Iterable, Sequence

from servicekit.mcp.statuses import STATUSES, Row

Headers = Sequence[tuple[bytes, bytes]]


class Refusal(Exception):
    """The request is refused, with what the client has to change.

    Args:
        row: the row of the table of statuses.
        message: a sentence for the client.
        headers: further response headers.
        message_id: the JSON-RPC id, where it was read.
        oauth: the body of an OAuth challenge, which replaces the JSON-RPC error.
    """

    def __init__(
        self,
        row: Row,
        message: str,
        headers: Iterable[tuple[bytes, bytes]] = (),
        *,
        message_id: str | int | None = None,
        oauth: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = STATUSES[row]
        self.message = message
        self.headers: Headers = tuple(headers)
        self.message_id = message_id
        self.oauth = oauth
