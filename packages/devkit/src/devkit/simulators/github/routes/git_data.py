"""The Git data API: blobs, trees, commits and refs, for commits of several files."""

import base64
import binascii
import re
from typing import Any

from dulwich.objects import Blob, Tree

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.direct_pushes import require_direct_push
from devkit.simulators.github.git_store import FILE_MODE, SUBMODULE_MODE, TREE_MODE, Entry
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiResponse, empty, not_found, require_size, unprocessable
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.commits import blob_object, git_commit, ref_object, tree_object

_REF = re.compile(r"refs/(heads|tags)/(?!.*(\.\.|//|@\{|\\|\s|[~^:?*\[]))[^/.-][^\x00-\x20]*(?<!\.lock)(?<![./])")
_MODES = {"100644", "100755", "040000", "120000", "160000"}


def _with_commits(repository: Repository) -> Repository:
    """The repository. Raises `ApiError` 409 if it is empty: the Git data API cannot make the first commit."""
    if repository.lacks_commits():
        raise empty()
    return repository


def create_blob(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/git/blobs."""
    repository = _with_commits(request.own_repository())
    content, encoding = request.body.get("content"), request.body.get("encoding", "utf-8")
    if not isinstance(content, str):
        raise unprocessable('Invalid request.\n\n"content" wasn\'t supplied.')
    try:
        data = base64.b64decode(content, validate=False) if encoding == "base64" else content.encode()
    except binascii.Error:
        raise unprocessable("content is not valid Base64") from None
    sha = repository.git.add_blob(data)
    return ApiResponse({"sha": sha, "url": request.urls.repository(repository, "git", "blobs", sha)}, 201)


def one_blob(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/git/blobs/{sha}."""
    repository = _with_commits(request.repository())
    sha = request.values["sha"]
    if not isinstance(repository.git.object(sha), Blob):
        raise not_found()
    data = repository.git.blob(sha)
    require_size(data)
    if "raw" in request.accept:
        return ApiResponse(data, media="application/vnd.github.raw+json; charset=utf-8")
    return blob_object(request.urls, repository, sha, data)


def create_tree(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/git/trees."""
    repository = _with_commits(request.own_repository())
    entries, base = request.body.get("tree"), request.body.get("base_tree")
    if not isinstance(entries, list) or not entries:
        raise unprocessable("Invalid tree info")
    if base is not None:
        base = _tree(repository, base)
    changes = {entry["path"]: _change(repository, entry) for entry in entries if _checked(entry)}
    try:
        sha = repository.git.add_tree(changes, base)
    except KeyError:
        raise unprocessable("GitRPC::BadObjectState") from None
    made = Entry("", TREE_MODE, sha)
    return ApiResponse(tree_object(request.urls, repository, made, repository.git.children(made)), 201)


def _checked(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise unprocessable("Invalid tree info")
    if any(part in ("", ".", "..", ".git") for part in entry["path"].split("/")):
        raise unprocessable("tree.path contains a malformed path component")
    if entry.get("mode") not in _MODES:
        raise unprocessable("Must supply a valid tree.mode")
    return True


def _change(repository: Repository, entry: dict[str, Any]) -> tuple[int, str] | None:
    mode = int(entry["mode"], 8)
    if "sha" in entry and "content" in entry:
        raise unprocessable(
            "Must supply either tree.sha or tree.content. Request will be rejected if both are present."
        )
    if isinstance(content := entry.get("content"), str):
        return FILE_MODE if mode == TREE_MODE else mode, repository.git.add_blob(content.encode())
    sha = entry.get("sha")
    if sha is None:
        if "sha" not in entry:
            raise unprocessable("Must supply either tree.sha or tree.content")
        return None
    if mode != SUBMODULE_MODE and repository.git.object(sha) is None:
        raise unprocessable(f"tree.sha {sha} is not a valid blob")
    return mode, sha


def one_tree(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/git/trees/{sha}, by tree, commit or branch."""
    repository = _with_commits(request.repository())
    tree = Entry("", TREE_MODE, _tree(repository, request.values["sha"]))
    recursive = bool(request.query.get("recursive"))
    entries = list(repository.git.walk(tree)) if recursive else repository.git.children(tree)
    limit = repository.tree_limit if recursive else None
    shown = tree_object(request.urls, repository, tree, entries[:limit])
    return {**shown, "truncated": len(shown["tree"]) < len(entries)}


def _tree(repository: Repository, name: str) -> str:
    if isinstance(repository.git.object(name), Tree):
        return name
    commit = repository.git.resolve(name)
    if commit is None:
        raise not_found()
    tree: str = repository.git.commit(commit).tree.decode()
    return tree


def create_commit(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/git/commits."""
    repository = _with_commits(request.own_repository())
    message, tree, parents = (request.body.get(name) for name in ("message", "tree", "parents"))
    if not isinstance(message, str) or not isinstance(tree, str):
        raise unprocessable('Invalid request.\n\n"tree" and "message" are required.')
    if not isinstance(repository.git.object(tree), Tree):
        raise unprocessable("Tree SHA does not exist")
    parents = parents or []
    if any(repository.git.object(parent) is None for parent in parents):
        raise unprocessable("Parent SHA does not exist or is not a commit object")
    sha = repository.git.add_commit(tree, parents, message, request.signed_in().as_author, request.world.now())
    return ApiResponse(git_commit(request.urls, repository, sha), 201)


def one_commit(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/git/commits/{sha}."""
    repository = _with_commits(request.repository())
    sha = request.values["sha"]
    if len(sha) != 40 or repository.git.resolve(sha) != sha:
        raise not_found()
    return git_commit(request.urls, repository, sha)


def one_ref(request: ApiRequest) -> Any:
    """GET /repos/{owner}/{repo}/git/ref/{ref}."""
    repository = _with_commits(request.repository())
    name = f"refs/{request.values['ref']}"
    sha = repository.git.refs().get(name)
    if sha is None:
        raise not_found()
    return ref_object(request.urls, repository, name, sha)


def create_ref(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/git/refs."""
    repository = _with_commits(request.own_repository())
    name, sha = request.body.get("ref"), request.body.get("sha")
    if not isinstance(name, str) or not _REF.fullmatch(name):
        raise unprocessable("Reference name is not valid")
    if not isinstance(sha, str) or len(sha) != 40 or repository.git.resolve(sha) is None:
        raise unprocessable("Object does not exist")
    if name in repository.git.refs():
        raise unprocessable("Reference already exists")
    repository.git.set_ref(name, sha)
    repository.pushed_at = request.world.now()
    return ApiResponse(ref_object(request.urls, repository, name, sha), 201)


def update_ref(request: ApiRequest) -> Any:
    """PATCH /repos/{owner}/{repo}/git/refs/{ref}: fast-forward only, unless forced."""
    repository = _with_commits(request.own_repository())
    name, sha = f"refs/{request.values['ref']}", request.body.get("sha")
    present = repository.git.refs().get(name)
    if present is None:
        raise unprocessable("Reference does not exist")
    if not isinstance(sha, str) or len(sha) != 40 or repository.git.resolve(sha) is None:
        raise unprocessable("Object does not exist")
    if not request.body.get("force") and present not in repository.git.history(sha):
        raise unprocessable("Update is not a fast forward")
    if name.startswith("refs/heads/"):
        branch = name.removeprefix("refs/heads/")
        require_direct_push(request.world, repository, request.identity, branch, sha)
    repository.git.set_ref(name, sha)
    repository.pushed_at = request.world.now()
    return ref_object(request.urls, repository, name, sha)


TABLE: Table = (
    ("POST", "/repos/{owner}/{repo}/git/blobs", create_blob),
    ("GET", "/repos/{owner}/{repo}/git/blobs/{sha}", one_blob),
    ("POST", "/repos/{owner}/{repo}/git/trees", create_tree),
    ("GET", "/repos/{owner}/{repo}/git/trees/{sha:path}", one_tree),
    ("POST", "/repos/{owner}/{repo}/git/commits", create_commit),
    ("GET", "/repos/{owner}/{repo}/git/commits/{sha}", one_commit),
    ("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}", one_ref),
    ("POST", "/repos/{owner}/{repo}/git/refs", create_ref),
    ("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", update_ref),
)
