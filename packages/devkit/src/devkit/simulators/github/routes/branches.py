"""Branches one by one: reading, finding by the beginning of a name."""

from typing import Any

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.responses import empty
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import ref_object


def matching_refs(request: ApiRequest) -> list[Any]:
    """GET /repos/{owner}/{repo}/git/matching-refs/{ref}: all refs that begin like it."""
    repository = request.repository()
    if repository.git.is_empty:
        raise empty()
    start = f"refs/{request.values['ref']}"
    found = [pair for pair in repository.git.refs().items() if pair[0].startswith(start)]
    return [ref_object(request.urls, repository, *pair) for pair in found]


TABLE: Table = (("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}", matching_refs),)
