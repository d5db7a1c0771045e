"""Responses of route handlers, and GitHub's errors."""

from dataclasses import dataclass, field
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"
_LARGEST_FILE = 100 * 1024 * 1024


@dataclass
class ApiResponse:
    """A response in plain values; the application adds the common headers.

    Attributes:
        body: a JSON value, or bytes or text to send unchanged.
        media: the media type.
        cost: what it takes from the rate limit.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = "application/json; charset=utf-8"
    cost: int = 1


class ApiError(Exception):
    """An error response in GitHub's format."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.headers: dict[str, str] = more.pop("headers", {})
        self.response = ApiResponse(
            {"message": message, **more, "documentation_url": DOCUMENTATION, "status": str(status)},
            status,
            self.headers,
        )


def not_found() -> ApiError:
    """404: missing, or invisible to this credential; GitHub does not distinguish them."""
    return ApiError(404, "Not Found")


def forbidden() -> ApiError:
    """403: readable, but not writable."""
    return ApiError(403, "Resource not accessible by personal access token")


def empty() -> ApiError:
    """409 of everything that needs a commit, in a repository without any."""
    return ApiError(409, "Git Repository is empty.")


def invalid(resource: str, field_name: str, code: str, message: str | None = None, **more: Any) -> ApiError:
    """422 for a field. Codes: missing, missing_field, invalid, already_exists, custom."""
    problem = {"resource": resource, "field": field_name, "code": code, **more}
    if message is not None:
        problem["message"] = message
    return ApiError(422, "Validation Failed", errors=[problem])


def unprocessable(message: str) -> ApiError:
    """422 of the Git data API, which names no field."""
    return ApiError(422, message)


def require_size(content: bytes) -> None:
    """Check the size of a file.

    Raises:
        ApiError: 403, it has more than 100 MB.
    """
    if len(content) > _LARGEST_FILE:
        words = (
            "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, but "
            "you can always clone the repository via Git in order to obtain it."
        )
        errors = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        raise ApiError(403, words, errors=errors)
