"""Responses of route handlers, and Zendesk's errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ApiResponse:
    """A response in plain values; the application adds the common headers.

    Attributes:
        body: a JSON value, or bytes to send unchanged; None for an empty response.
        media: the media type.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = "application/json; charset=utf-8"


class ApiError(Exception):
    """An error response."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        media = "text/html; charset=utf-8" if isinstance(body, bytes) else "application/json; charset=utf-8"
        self.response = ApiResponse(body, status, dict(headers or {}), media)


def not_found() -> ApiError:
    """404: the record is missing, deleted or invisible."""
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def invalid_endpoint() -> ApiError:
    """404: there is no such path."""
    return ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def unauthenticated() -> ApiError:
    """401: no credential, or an invalid one."""
    return ApiError(401, {"error": "Couldn't authenticate you"})


def forbidden() -> ApiError:
    """403: the role does not permit the request."""
    words = "You do not have access to this page. Please contact the account owner of this help desk for further help."
    return ApiError(403, {"error": {"title": "Forbidden", "message": words}})


def invalid_parameter(name: str, requirement: str, path: str) -> ApiError:
    """400: a parameter of another type."""
    words = f"You passed an invalid value for the {name} attribute. Invalid parameter: {name} {requirement} from {path}"
    return ApiError(400, {"error": {"title": "Invalid attribute", "message": words}})


def too_many_values(name: str) -> ApiError:
    """400: a list of more values than the endpoint takes."""
    return ApiError(400, {"error": "TooManyValues", "description": f"Parameter {name} contains too many values"})


def record_invalid(details: Mapping[str, list[dict[str, Any]]]) -> ApiError:
    """422: values that the record does not accept, by field."""
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": dict(details)}
    return ApiError(422, body)


def invalid_field(name: str, description: str, error: str | None = None) -> ApiError:
    """422 for one field."""
    problem: dict[str, Any] = {"description": description}
    if error is not None:
        problem["error"] = error
    return record_invalid({name: [problem]})


def update_conflict() -> ApiError:
    """409: `safe_update` with an outdated `updated_stamp`."""
    words = (
        "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try "
        "again."
    )
    return ApiError(409, {"error": "UpdateConflict", "description": words})


def invalid_search(description: str) -> ApiError:
    """422: a query that the search does not accept."""
    return ApiError(422, {"error": "invalid", "description": f"Invalid search: {description}"})
