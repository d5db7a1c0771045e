"""Turns Zendesk's error responses into messages that a model can act on."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from servicekit.core import NothingChanged, NotStrictJson, Refused
from servicekit.upstream import UpstreamResponse, said_by

NAME: Final = "Zendesk"
_MOST_REASONS: Final = 5


class BadCredential(NothingChanged):
    """Zendesk rejected the tenant's credential."""

    def __init__(self) -> None:
        super().__init__(NAME)
        words = (
            "Zendesk does not accept this server's credential for your organisation: the API token is wrong, revoked "
            "or of another account. Nothing was changed. Ask the operator to renew the token file."
        )
        self.args = (words,)


class UnexpectedResponse(NothingChanged):
    """Zendesk's response does not fit its documentation."""

    def __init__(self) -> None:
        super().__init__(NAME)
        self.args = ("Zendesk sent a response that this server does not understand. Try again in a few seconds.",)


class RefusedByZendesk(Refused):
    """Zendesk refused a request.

    Attributes:
        status: the HTTP status.
        said: Zendesk's own words, for comparison only: they are untrusted.
    """

    def __init__(self, status: int, words: str, said: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.said = said


class Changed(RefusedByZendesk):
    """The ticket was updated since it was read (`safe_update`)."""

    def __init__(self, what: str) -> None:
        words = f"{what} was changed at Zendesk since it was read, so nothing was done. Read it again, then repeat."
        super().__init__(409, words[0].upper() + words[1:])


class PartlyDone(Refused):
    """Zendesk did a part of a write with several requests. The words say which."""

    changed_nothing = False


def refusal(reply: UpstreamResponse, what: str) -> Exception:
    """The exception to raise for a 4xx response.

    Args:
        what: the requested thing, for example ``ticket T-12``.
    """
    if reply.status == 401:
        return BadCredential()
    reasons = list(_reasons(reply))
    raw, said = " ".join(reasons), said_by(NAME, reasons)
    if reply.status == 404:
        return RefusedByZendesk(404, f"Zendesk has no {what}, or this server's agent may not see it.", raw)
    if reply.status == 403:
        return RefusedByZendesk(
            403,
            f"Zendesk forbids this for {what}.{said} Ask the operator: the agent of this server needs the role for it.",
            raw,
        )
    if reply.status == 409:
        return Changed(what)
    if reply.status == 422:
        return RefusedByZendesk(422, f"Zendesk rejected that as invalid: {what}.{said} Nothing was changed.", raw)
    return RefusedByZendesk(reply.status, f"Zendesk refused that with HTTP {reply.status}: {what}.{said}", raw)


def _reasons(reply: UpstreamResponse) -> Iterator[str]:
    """``{"error": "RecordInvalid", "description": …, "details": {"status": [{"description": …}]}}``, or
    ``{"error": {"title": …, "message": …}}``."""
    try:
        body = reply.json()
    except NotStrictJson:
        return
    if not isinstance(body, Mapping):
        return
    error = body.get("error")
    if isinstance(error, Mapping):
        yield from (value for key in ("title", "message") if isinstance(value := error.get(key), str))
    if isinstance(body.get("description"), str):
        yield body["description"]
    details = body.get("details")
    for found in list(details.values())[:_MOST_REASONS] if isinstance(details, Mapping) else []:
        yield from _descriptions(found)


def _descriptions(found: Any) -> Iterator[str]:
    for one in found[:_MOST_REASONS] if isinstance(found, list) else []:
        if isinstance(one, Mapping) and isinstance(one.get("description"), str):
            yield one["description"]
