"""GitHub's GraphQL API: its address, its answers, and its errors as those of REST."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from github_mcp.adapters.api.errors import RefusedByGitHub, UnexpectedResponse, refusal
from servicekit.upstream import UpstreamResponse

RESOURCE: Final = "graphql"
"""The name of its rate limit, which counts points instead of requests."""
ABSENT: Final = frozenset({404, 405, 410})
"""Statuses of servers without GraphQL. Some answer 501."""

_STATUSES: Final = {
    "NOT_FOUND": 404,
    "FORBIDDEN": 403,
    "INSUFFICIENT_SCOPES": 403,
    "SAML_FAILURE": 403,
    "UNAUTHORIZED": 401,
    "STALE_DATA": 409,
    "RATE_LIMITED": 429,
    "RATE_LIMIT": 429,
    "SERVICE_UNAVAILABLE": 503,
    "INTERNAL": 500,
    "INTERNAL_ERROR": 500,
    "TIMEOUT": 504,
}
"""The HTTP status for each type of error. Any other type, such as UNPROCESSABLE, is a refusal of the request: 422."""
_LIMIT_WORDS: Final = ("rate limit", "abuse detection")
_UNKNOWN: Final = frozenset({"undefinedField", "undefinedType", "argumentNotAccepted", "variableRequiresValidType"})
"""Codes with which a server refuses a document that uses what its version does not have."""

Step = str | int


class NotOffered(RefusedByGitHub):
    """This GitHub server has no GraphQL, or one without the fields that are needed."""

    def __init__(self, what: str) -> None:
        words = (
            f"This GitHub server does not offer {what}: it comes over GraphQL, which the server lacks in part or whole."
        )
        super().__init__(501, words)


@dataclass(frozen=True, slots=True)
class GraphAnswer:
    """The data of an answer, and the errors of its missing parts.

    Attributes:
        what: the requested thing, in words for error messages.
        data: by the names in the document; parts with an error are None.
    """

    what: str
    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()

    def find(self, *path: Step, what: str | None = None) -> Any:
        """The value at a path; None where GitHub has none.

        Args:
            what: the thing at the path, in words for error messages.

        Raises:
            Refused: GitHub refused this part, or the part that contains it.
            UnexpectedResponse: the answer has another structure.
        """
        value: Any = self.data
        for place, step in enumerate(path):
            if isinstance(step, int) and isinstance(value, list) and step < len(value):
                value = value[step]
            elif isinstance(step, str) and isinstance(value, Mapping):
                value = value.get(step)
            else:
                raise UnexpectedResponse
            if value is None:
                self._require_no_error(path[: place + 1], what or self.what)
                return None
        return value

    def _require_no_error(self, path: Sequence[Step], what: str) -> None:
        """Raise the error of an empty part. It may name a part inside, whose emptiness made the outer one empty."""
        for error in self.errors:
            place = error.get("path")
            if isinstance(place, list) and place[: len(path)] == [*path]:
                raise _refused(error, what)


def graphql_root(rest_path: str) -> str:
    """The path of GraphQL on the host of the REST API: beside ``/api/v3`` it is ``/api/graphql``."""
    return f"{rest_path.removesuffix('/v3')}/graphql"


def status_in(content: Any) -> int:
    """The HTTP status that the JSON of an answer stands for.

    GitHub answers 200 when the rate limit is spent, and when a query fails or takes too long.
    """
    errors = _errors(content)
    if any(_status(error) == 429 for error in errors):
        return 429
    whole = isinstance(content, Mapping) and content.get("data") is None
    if whole and any("type" not in error and "extensions" not in error for error in errors):
        # A document that GitHub cannot read has an error of this form too, with a place in the document.
        return 200 if any("locations" in error for error in errors) else 502
    return max([200, *(status for error in errors if whole and (status := _status(error)) >= 500)])


def answer_of(reply: UpstreamResponse, what: str) -> GraphAnswer:
    """The data of a response.

    Args:
        what: the requested thing, in words for error messages.

    Raises:
        Refused: GitHub refused all of it.
        UnexpectedResponse: the response is not one of GraphQL.
    """
    if reply.status in ABSENT:
        raise NotOffered(what)
    if not reply.ok:
        raise refusal(reply, what)
    content = reply.json()
    data, errors = content.get("data") if isinstance(content, Mapping) else None, _errors(content)
    found = data if isinstance(data, Mapping) else {}
    if errors and all(value is None for name, value in found.items() if name != "rateLimit"):
        raise _refused(errors[0], what)
    if not isinstance(data, Mapping):
        raise UnexpectedResponse
    return GraphAnswer(what, data, errors)


def cost_of(answer: GraphAnswer) -> float | None:
    """The points that a query cost, where its document asks for ``rateLimit { cost }``."""
    limit = answer.data.get("rateLimit")
    cost = limit.get("cost") if isinstance(limit, Mapping) else None
    return float(cost) if isinstance(cost, int) and 0 <= cost < 1_000_000 else None


def _errors(content: Any) -> list[Mapping[str, Any]]:
    errors = content.get("errors") if isinstance(content, Mapping) else None
    return [error for error in errors if isinstance(error, Mapping)] if isinstance(errors, list) else []


def _status(error: Mapping[str, Any]) -> int:
    kind, message = error.get("type"), error.get("message")
    if isinstance(kind, str):
        return _STATUSES.get(kind, 422)
    return 429 if isinstance(message, str) and any(words in message.lower() for words in _LIMIT_WORDS) else 422


def _refused(error: Mapping[str, Any], what: str) -> Exception:
    """The refusal that REST would have given."""
    details = error.get("extensions")
    if isinstance(details, Mapping) and details.get("code") in _UNKNOWN:
        return NotOffered(what)
    body = to_json({"message": error.get("message")})
    return refusal(UpstreamResponse(_status(error), {}, body, time.time()), what)
