"""What a route answers with, and GitHub's error bodies."""

from dataclasses import dataclass, field
from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass
class ApiResponse:
    """An answer in plain values; the application adds everything that every answer has.

    Attributes:
        body: a JSON value, or bytes or text that go out as they are.
        media: the media type of bytes and text.
    """

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    media: str = "application/json; charset=utf-8"


class ApiError(Exception):
    """An error as GitHub words it."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.headers: dict[str, str] = more.pop("headers", {})
        self.response = ApiResponse(
            {"message": message, **more, "documentation_url": DOCUMENTATION, "status": str(status)},
            status,
            self.headers,
        )


def not_found() -> ApiError:
    """Nothing there, or nothing that this credential may know of: GitHub does not tell the two apart."""
    return ApiError(404, "Not Found")


def forbidden() -> ApiError:
    """Visible, but not to be written to."""
    return ApiError(403, "Resource not accessible by personal access token")


def invalid(resource: str, field_name: str, code: str, message: str | None = None, **more: Any) -> ApiError:
    """The 422 of a field that cannot be so. Codes: missing, missing_field, invalid, already_exists, custom."""
    problem = {"resource": resource, "field": field_name, "code": code, **more}
    if message is not None:
        problem["message"] = message
    return ApiError(422, "Validation Failed", errors=[problem])


def unprocessable(message: str) -> ApiError:
    """The 422 of the Git data API, which names no field."""
    return ApiError(422, message)
