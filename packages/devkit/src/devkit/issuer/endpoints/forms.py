"""Forms of token requests."""

from starlette.datastructures import FormData

from devkit.issuer.errors import OAuthError


def single_fields(form: FormData) -> dict[str, str]:
    """The fields of a form that have a value. Raises `OAuthError` where one is given twice (RFC 6749 §3.2)."""
    if len(form.multi_items()) != len(form):
        raise OAuthError("invalid_request", "A parameter is given twice.")
    return {name: value for name, value in form.items() if isinstance(value, str) and value}


def required(form: dict[str, str], name: str) -> str:
    """A field. Raises `OAuthError` where it is missing."""
    if name not in form:
        raise OAuthError("invalid_request", f"{name} is missing.")
    return form[name]
