"""Turns GitHub's error responses into messages that a model can act on."""

import re
from collections.abc import Mapping
from typing import Any, Final

from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.repositories.repositories import RepositoryFacts
from servicekit.core import NothingChanged, NotStrictJson, Refused
from servicekit.schema import show_line
from servicekit.upstream import UpstreamResponse, said_by

_RIGHTS: Final = re.compile(r"\A[a-z_]+=[a-z]+([,;] ?[a-z_]+=[a-z]+){0,9}")
_PLAIN: Final = {
    405: "GitHub does not allow that",
    409: "That conflicts with the current state at GitHub",
    410: "GitHub has disabled or deleted that",
    422: "GitHub rejected that as invalid",
    451: "GitHub blocks that for legal reasons",
}


_EMPTY: Final = frozenset({"git repository is empty", "this repository is empty"})
UNKNOWN_REF: Final = frozenset({404, 422})
"""Statuses with which GitHub answers a ref that does not exist."""


class BadCredential(NothingChanged):
    """GitHub rejected this server's credential."""

    def __init__(self) -> None:
        super().__init__("GitHub")
        words = (
            "GitHub does not accept this server's credential: it is missing, wrong, revoked or expired. Nothing was "
            "changed. Ask the operator of this server to renew it."
        )
        self.args = (words,)


class UnexpectedResponse(NothingChanged):
    """GitHub's response does not fit its documentation."""

    def __init__(self) -> None:
        super().__init__("GitHub")
        self.args = ("GitHub sent a response that this server does not understand. Try again in a few seconds.",)


_FINDERS: Final = {
    "run ": "get_check_runs shows the ids of runs and jobs.",
    "job ": "get_check_runs shows the ids of runs and jobs.",
    "issue ": "list_issues or search_issues finds it.",
    "pull request ": "list_pull_requests finds it.",
}
"""How to find what a response calls unknown, by the beginning of its name."""


class RefusedByGitHub(Refused):
    """GitHub refused a request.

    Args:
        status: the HTTP status.
        said: GitHub's own words, for comparison only: they are untrusted.
        reason: the same, masked, and the permissions that are missing, as sentences to follow another one.
    """

    def __init__(self, status: int, words: str, said: str = "", reason: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.said = said
        self.reason = reason


class TooLarge(RefusedByGitHub):
    """GitHub's API does not return something that large."""

    def with_advice(self, advice: str) -> "TooLarge":
        """The same refusal with a next step."""
        return TooLarge(self.status, f"{self} {advice}", self.said)


class EmptyRepository(RefusedByGitHub):
    """The repository has no commit yet, so it has no branches, files or history."""

    def __init__(self, repository: RepositoryName, facts: RepositoryFacts | None) -> None:
        if facts is not None and facts.fork:
            words = (
                f"{repository.full} has no commit yet: GitHub may still be copying this fork. Try again in a minute."
            )
        else:
            branch = f" on branch {show_line(facts.default_branch)}" if facts is not None else ""
            words = (
                f"{repository.full} is empty: it has no commit yet. Make the first one with commit_files{branch}, "
                "without expected_head."
            )
        super().__init__(409, words)


def says_empty(reply: UpstreamResponse) -> bool:
    """Whether a response says that the repository has no commit yet: 409, or 404 where files are read."""
    message = _body(reply).get("message") if reply.status in (404, 409) else None
    return isinstance(message, str) and message.rstrip(".").lower() in _EMPTY


def refusal(reply: UpstreamResponse, what: str) -> Exception:
    """The exception to raise for a 3xx or 4xx response.

    Args:
        what: the requested thing, for example ``issue #12 in acme/website``.
    """
    if reply.status == 401:
        return BadCredential()
    reasons = [_body(reply).get("message"), *map(_reason, _errors(reply))]
    raw, said = " ".join(reason for reason in reasons if isinstance(reason, str)), said_by("GitHub", reasons)
    if reply.status == 404:
        finder = next((words for start, words in _FINDERS.items() if what.startswith(start)), "Find it with a search.")
        shown = "" if _body(reply).get("message") == "Not Found" else said
        return RefusedByGitHub(404, f"GitHub has no {what}, or this server may not see it. {finder}", raw, shown)
    if 300 <= reply.status < 400:
        words = f"GitHub moved {what} to another place, and this server does not follow. Find it with a search."
        return RefusedByGitHub(reply.status, words, raw)
    if any(isinstance(error, Mapping) and error.get("code") == "too_large" for error in _errors(reply)):
        return TooLarge(reply.status, f"GitHub's API does not return {what}: it is too large.{said}", raw)
    if reply.status == 403:
        return RefusedByGitHub(
            403,
            f"GitHub forbids this for {what}.{said} If rights are missing, ask the operator of this server to grant "
            f"them{_needed(reply)}.",
            raw,
            said + (f" Permissions{_needed(reply)}." if _needed(reply) else ""),
        )
    words = _PLAIN.get(reply.status, f"GitHub refused that with HTTP {reply.status}")
    return RefusedByGitHub(reply.status, f"{words}: {what}.{said}", raw)


def _needed(reply: UpstreamResponse) -> str:
    """The permissions that a fine-grained token or App needs for the request."""
    stated = reply.headers.get("x-accepted-github-permissions", "")
    return f": {stated} is required" if _RIGHTS.fullmatch(stated) else ""


def _errors(reply: UpstreamResponse) -> list[Any]:
    errors = _body(reply).get("errors")
    return errors if isinstance(errors, list) else []


def _body(reply: UpstreamResponse) -> Mapping[str, Any]:
    """The JSON object of an error response; empty for other bodies."""
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
