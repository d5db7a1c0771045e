"""Writing one file with the contents API, which also makes the first commit of an empty repository."""

import base64
import binascii

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import git_commit
from devkit.simulators.github.serializers.contents import content_entry


def write_file(request: ApiRequest) -> ApiResponse:
    """PUT /repos/{owner}/{repo}/contents/{path}: creates a file, or updates the blob whose SHA is sent."""
    repository, path = request.own_repository(), request.values["path"].strip("/")
    message = request.text("message", "Commit", required=True) or ""
    branch = request.text("branch", "Commit") or repository.default_branch
    head = _head(repository, branch)
    present = repository.git.entry(head, path) if head is not None else None
    sent = request.body.get("sha")
    if present is not None and sent is None:
        raise unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.')
    if sent is not None and (present is None or present.sha != sent):
        raise ApiError(409, f"{path} does not match {sent}")
    blob = repository.git.add_blob(_decoded(request.body.get("content")))
    mode = present.mode if present is not None else FILE_MODE
    tree = repository.git.add_tree({path: (mode, blob)}, _tree(repository, head))
    now, author = request.world.now(), request.signed_in().as_author
    sha = repository.git.add_commit(tree, [head] if head else [], message, author, now)
    repository.begin(branch)
    repository.git.set_ref(f"refs/heads/{branch}", sha)
    repository.pushed_at = now
    entry = repository.git.entry(sha, path)
    body = {
        "content": content_entry(request.urls, repository, entry, branch) if entry is not None else None,
        "commit": git_commit(request.urls, repository, sha),
    }
    return ApiResponse(body, 201 if present is None else 200)


def _head(repository: Repository, branch: str) -> str | None:
    """The head of the branch; None in an empty repository, where any branch can be the first."""
    head = repository.git.branches().get(branch)
    if head is None and not repository.lacks_commits():
        raise ApiError(404, f"Branch {branch} not found")
    return head


def _tree(repository: Repository, head: str | None) -> str | None:
    return repository.git.commit(head).tree.decode() if head is not None else None


def _decoded(content: object) -> bytes:
    if not isinstance(content, str):
        raise unprocessable('Invalid request.\n\n"content" wasn\'t supplied.')
    try:
        return base64.b64decode(content)
    except binascii.Error:
        raise unprocessable("content is not valid Base64") from None


TABLE: Table = (("PUT", "/repos/{owner}/{repo}/contents/{path:path}", write_file),)
