"""OAuth error responses (RFC 6749 §4.1.2.1, §5.2; RFC 7591 §3.2.2; RFC 8707 §2)."""

from starlette.responses import JSONResponse

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Exception):
    """An error with its registered code, a description for the developer, and the HTTP status."""

    def __init__(self, code: str, description: str, *, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status

    def response(self) -> JSONResponse:
        """The error as a JSON response."""
        headers = dict(NO_STORE)
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="development issuer"'
        return JSONResponse(
            {"error": self.code, "error_description": self.description}, status_code=self.status, headers=headers
        )
