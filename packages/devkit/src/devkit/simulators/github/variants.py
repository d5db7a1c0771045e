"""Other servers of GitHub's API, such as GitHub Enterprise Server: the same calls with less in each answer."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response, StreamingResponse

from devkit.simulators.github.responses import ApiResponse

_KEPT = frozenset({
    "id", "login", "type", "name", "full_name", "private", "default_branch", "owner", "repository", "repository_url",
    "number", "title", "state", "body", "user", "labels", "created_at", "pull_request", "head", "base", "ref", "repo",
    "draft", "merged", "merged_at", "merge_commit_sha", "path", "filename", "size", "encoding", "content", "target",
    "sha", "tree", "object", "commit", "message", "author", "committer", "date", "parents", "files", "stats",
    "conclusion", "steps", "run_attempt", "tag_name", "items", "incomplete_results", "repositories", "check_runs",
    "jobs", "errors", "token", "expires_at", "statuses", "context", "workflow_runs", "workflows", "artifacts",
})  # fmt: skip
"""Fields without which a client cannot work."""
_NULL = frozenset({"user", "author", "owner", "labels", "repo", "files", "stats", "steps"})
"""Fields that are null, as for deleted accounts and repositories."""
_NEXT = re.compile(r'<([^>]*)>; rel="next"')
_CHUNK = 1000


@dataclass(frozen=True)
class Variant:
    """A server with sparse responses.

    Fields are missing or null, times have an offset, and errors have HTML bodies or lack GitHub's fields. There are no
    entity tags and no rate limits, and logs are on the API's host.

    Attributes:
        links: `Link` names the next page, as `rel=next` without quotes (valid by RFC 8288 §3). Without it, no header
            shows whether there is a next page.
        chunked: bodies are chunked, without `Content-Length`.
    """

    links: bool = False
    chunked: bool = False

    def render(self, response: ApiResponse) -> Response:
        """A route handler's response as this server sends it."""
        headers = {name: value for name, value in response.headers.items() if name != "Link"}
        if self.links and (found := _NEXT.search(response.headers.get("Link", ""))):
            headers["Link"] = f"<{found[1]}>; rel=next"
        media: str | None = response.media
        if isinstance(response.body, bytes | str):
            content = response.body.encode() if isinstance(response.body, str) else response.body
        elif response.status == 404:
            content, media = b"<h1>Not here</h1>", "text/html"
        elif response.status == 422:
            content = b'{"message": "Validation Failed", "errors": null}'
        else:
            content = b"" if response.body in (None, {}) else json.dumps(_sparse(response.body)).encode()
        if self.chunked and content:
            return StreamingResponse(_chunks(content), response.status, headers, media)
        return Response(content, response.status, headers, media if content else None)


def _sparse(value: Any, name: str = "") -> Any:
    if name in _NULL:
        return None
    if isinstance(value, list):
        return [_sparse(item) for item in value]
    if isinstance(value, dict):
        return {key: _sparse(inner, key) for key, inner in value.items() if key in _KEPT}
    if isinstance(value, str) and (name == "date" or name.endswith("_at")):
        return value.replace("Z", "+00:00")
    return value


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), _CHUNK):
        yield content[start : start + _CHUNK]
