"""GitHub's refusals, in words that a model can act on."""

import re
from collections.abc import Mapping
from typing import Any, Final

from servicekit.core import NothingChanged, NotStrictJson, Refused
from servicekit.schema import sanitise
from servicekit.upstream import UpstreamResponse

_LONGEST: Final = 300
_RIGHTS: Final = re.compile(r"[a-z_]+=[a-z]+([,;] ?[a-z_]+=[a-z]+){0,9}")
_PLAIN: Final = {
    405: "GitHub does not allow that here",
    409: "GitHub says that this conflicts with what is there now",
    410: "GitHub says that this is switched off or gone",
    422: "GitHub does not take that",
    451: "GitHub shows that to nobody, for legal reasons",
}


class BadCredential(NothingChanged):
    """GitHub does not know this server's credential."""

    def __init__(self) -> None:
        super().__init__("GitHub")
        words = (
            "GitHub does not accept this server's credential: it is missing, wrong, revoked or expired. Nothing was "
            "changed; only the operator of this server can renew it."
        )
        self.args = (words,)


class UnexpectedAnswer(NothingChanged):
    """GitHub answered something that is not what it documents."""

    def __init__(self) -> None:
        super().__init__("GitHub")
        self.args = ("GitHub sent an answer that this server does not understand. Try again in a few seconds.",)


def refusal(reply: UpstreamResponse, what: str) -> Exception:
    """What to raise for a 4xx.

    Args:
        what: the thing that was asked for, as in ``issue #12 in acme/website``.
    """
    if reply.status == 401:
        return BadCredential()
    if reply.status == 404:
        return Refused(f"GitHub has no {what}, or does not show it to this server. Check the name.")
    if 300 <= reply.status < 400:
        return Refused(f"GitHub moved {what} to another place, where this server does not follow. Search for it.")
    if any(isinstance(error, Mapping) and error.get("code") == "too_large" for error in _errors(reply)):
        return Refused(f"GitHub shows {what} to nobody through its API: it is too large.{_said(reply)}")
    if reply.status == 403:
        return Refused(
            f"GitHub does not let this server do that to {what}.{_said(reply)} If that is a matter of rights, only the "
            f"operator of this server can change them{_needed(reply)}."
        )
    words = _PLAIN.get(reply.status, f"GitHub refused that with HTTP {reply.status}")
    return Refused(f"{words}: {what}.{_said(reply)}")


def _said(reply: UpstreamResponse) -> str:
    """GitHub's own reasons, short and made harmless."""
    message = _body(reply).get("message")
    reasons = (message, *map(_reason, _errors(reply)))
    said = [text.rstrip(".") for text in reasons if isinstance(text, str) and text]
    words = " ".join(sanitise("; ".join(said)).split())[:_LONGEST]
    return f" GitHub's words: {words}." if words else ""


def _needed(reply: UpstreamResponse) -> str:
    """The rights of a fine-grained token or an App that the request takes."""
    stated = reply.headers.get("x-accepted-github-permissions", "")
    return f": it takes {stated}" if _RIGHTS.fullmatch(stated) else ""


def _errors(reply: UpstreamResponse) -> list[Any]:
    errors = _body(reply).get("errors")
    return errors if isinstance(errors, list) else []


def _body(reply: UpstreamResponse) -> Mapping[str, Any]:
    """The JSON of a refusal; empty where it is something else."""
    try:
        body = reply.json()
    except NotStrictJson:
        return {}
    return body if isinstance(body, Mapping) else {}


def _reason(error: Any) -> str | None:
    if not isinstance(error, Mapping):
        return error if isinstance(error, str) else None
    if isinstance(message := error.get("message"), str):
        return message
    field, code = error.get("field"), error.get("code")
    return f"{field} is {code}" if isinstance(field, str) and isinstance(code, str) else None
