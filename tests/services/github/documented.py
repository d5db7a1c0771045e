"""Checks that the server sends GitHub only requests that GitHub documents."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.app import GitHubSimulator
from devkit.simulators.github.routes import Handler
from devkit.simulators.github.routes.tables import TABLES
from tests.devkit.github.openapi import GitHubDescription, description

_ALERTS = "/code-scanning/alerts"
_BEYOND = {
    ("/milestones/", "$.due_on: None is not of type 'string'"): "the only way to remove a due date",
    (_ALERTS, "?severity is unknown"): "in GitHub's documentation; this edition of the description is older",
    (_ALERTS, "?state: 'closed' is not valid under any of the given schemas"): "likewise",
}
"""Deviations on purpose, by a part of the path, with the reason."""

_TEMPLATES: dict[tuple[str, Handler], list[str]] = {}
for _table in TABLES:
    for _method, _template, _handler in _table.TABLE:
        _TEMPLATES.setdefault((_method, _handler), []).append(_template.replace(":path", ""))


@contextmanager
def documented_requests(simulator: GitHubSimulator) -> Iterator[None]:
    """Fails at the end of the block if a request had a route, parameter or member that GitHub does not document.

    Checks nothing where the description cannot be fetched: the tests of the simulator are skipped with the reason.
    """
    try:
        github = description()
    except pytest.skip.Exception:
        yield
        return
    found: list[str] = []

    def observe(handler: Handler, request: ApiRequest) -> None:
        found.extend(f"{request.method} {request.path}: {one}" for one in problems(github, handler, request))

    simulator.observers.append(observe)
    yield
    assert not found, "\n".join(dict.fromkeys(found))


def problems(github: GitHubDescription, handler: Handler, request: ApiRequest) -> list[str]:
    """The deviations of a request from GitHub's description; a handler may serve several templates."""
    ways = [
        github.request_problems(request.method, template, request.query, request.body)
        for template in _TEMPLATES.get((request.method, handler), ())
    ]
    allowed = {problem for part, problem in _BEYOND if part in request.path}
    return [one for one in min(ways, key=len, default=[]) if one not in allowed]
