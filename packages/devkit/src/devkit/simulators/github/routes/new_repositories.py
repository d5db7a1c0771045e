"""Creating and forking repositories."""

import re

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.responses import ApiError, ApiResponse, forbidden, not_found
from devkit.simulators.github.routes import Table
from devkit.simulators.github.serializers.repositories import full_repository, repository_object

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NOT_IN_ORGANIZATION = "You need admin access to the organization before adding a repository to it."


def create_own(request: ApiRequest) -> ApiResponse:
    """POST /user/repos."""
    account = request.signed_in()
    if account.kind == "Bot":
        raise ApiError(403, "Resource not accessible by integration")
    return _create(request, account)


def create_in_organization(request: ApiRequest) -> ApiResponse:
    """POST /orgs/{org}/repos."""
    return _create(request, _organization(request, request.values["org"]))


def _organization(request: ApiRequest, login: str) -> Account:
    account = request.signed_in()
    organization = request.world.account(login)
    if organization is None or organization.kind != "Organization":
        raise not_found()
    if account.login not in organization.members:
        raise ApiError(403, _NOT_IN_ORGANIZATION)
    return organization


def _create(request: ApiRequest, owner: Account) -> ApiResponse:
    name = request.text("name", "Repository", required=True) or ""
    _require_free(request, owner, name)
    private, description = request.body.get("private") is True, request.text("description", "Repository") or ""
    made = request.world.add_repository(owner, name, private=private, description=description)
    if request.body.get("auto_init") is True:
        text = f"# {name}\n{description}".rstrip()
        tree = made.git.add_tree({"README.md": (FILE_MODE, made.git.add_blob(text.encode()))})
        author = request.signed_in().as_author
        made.git.set_ref(
            "refs/heads/main", made.git.add_commit(tree, [], "Initial commit", author, request.world.now())
        )
    return ApiResponse(full_repository(request.urls, made, push=True), 201)


def _require_free(request: ApiRequest, owner: Account, name: str) -> None:
    if request.identity is not None and request.identity.repositories is not None:
        raise forbidden()  # a token for selected repositories
    taken = f"{owner.login}/{name}".lower() in request.world.repositories
    if taken or not _NAME.fullmatch(name):
        words = "name already exists on this account" if taken else "name is invalid"
        problem = {"resource": "Repository", "code": "custom", "field": "name", "message": words}
        raise ApiError(422, "Repository creation failed.", errors=[problem])


def forks(request: ApiRequest) -> ApiResponse:
    """GET /repos/{owner}/{repo}/forks."""
    found = [one for one in request.repository().forks if request.world.can_see(request.identity, one)]
    return request.page(reversed(found), lambda one: repository_object(request.urls, one))


def create_fork(request: ApiRequest) -> ApiResponse:
    """POST /repos/{owner}/{repo}/forks: answers before the copy is made, and with the present fork if there is one."""
    parent, account = request.repository(), request.signed_in()
    login = request.text("organization", "Fork")
    owner = _organization(request, login) if login else account
    if owner.kind == "Bot":
        raise ApiError(403, "Resource not accessible by integration")
    if parent.git.is_empty:
        raise ApiError(
            403, "The repository exists, but it contains no Git content. Empty repositories cannot be forked."
        )
    if owner == parent.owner and not request.text("name", "Fork"):
        raise ApiError(422, "Validation Failed", errors=["A repository cannot be forked to its own account."])
    present = next((one for one in parent.forks if one.owner == owner), None)
    made = present or _fork(request, parent, owner, only_default=request.body.get("default_branch_only") is True)
    return ApiResponse(full_repository(request.urls, made, push=True), 202)


def _fork(request: ApiRequest, parent: Repository, owner: Account, *, only_default: bool) -> Repository:
    world, name = request.world, request.text("name", "Fork") or parent.name
    while f"{owner.login}/{name}".lower() in world.repositories:
        name = f"{name}-1"
    fork = world.add_repository(
        owner, name, private=parent.private, description=parent.description, branch=parent.default_branch
    )
    fork.parent, fork.copying = parent, world.copying_reads
    parent.forks.append(fork)
    fork.git.take(parent.git)
    for ref, sha in parent.git.refs().items():
        if not only_default or ref == f"refs/heads/{parent.default_branch}":
            fork.git.set_ref(ref, sha)
    return fork


TABLE: Table = (
    ("POST", "/user/repos", create_own),
    ("POST", "/orgs/{org}/repos", create_in_organization),
    ("GET", "/repos/{owner}/{repo}/forks", forks),
    ("POST", "/repos/{owner}/{repo}/forks", create_fork),
)
