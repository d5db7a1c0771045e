"""Repositories, branches and releases."""

from typing import Any

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.serializers.accounts import node_id, time_of, user

_TEMPLATES = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}


def minimal_repository(urls: Urls, repository: Repository) -> dict[str, Any]:
    """`minimal-repository`, for use inside other objects."""
    own = urls.repository(repository)
    return {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "owner": user(urls, repository.owner),
        "private": repository.private,
        "html_url": urls.page(repository),
        "description": repository.description or None,
        "fork": repository.parent is not None,
        "url": own,
        **{f"{name}_url": f"{own}/{rest}" for name, rest in _TEMPLATES.items()},
    }


def repository_object(urls: Urls, repository: Repository, *, push: bool = False) -> dict[str, Any]:
    """`repository`, for lists."""
    still_open = sum(issue.state == "open" for issue in repository.issues.values())
    page, host = urls.page(repository), urls.web.split("://")[1]
    counts = dict.fromkeys(("stargazers_count", "watchers", "watchers_count"), 0)
    return {
        **minimal_repository(urls, repository),
        **counts,
        **dict.fromkeys(("forks", "forks_count"), len(repository.forks)),
        "clone_url": f"{page}.git",
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"git@{host}:{repository.full_name}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": repository.language,
        "default_branch": repository.default_branch,
        "size": 128,
        "open_issues": still_open,
        "open_issues_count": still_open,
        "topics": list(repository.topics),
        "visibility": "private" if repository.private else "public",
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads", "allow_forking"), True),
        **dict.fromkeys(("has_pages", "has_discussions", "disabled", "is_template"), False),
        "archived": repository.is_archived,
        "web_commit_signoff_required": False,
        "license": None,
        "pushed_at": time_of(repository.pushed_at),
        "created_at": time_of(repository.created_at),
        "updated_at": time_of(repository.pushed_at),
        "permissions": {"admin": push, "maintain": push, "push": push, "triage": push, "pull": True},
    }


def full_repository(urls: Urls, repository: Repository, *, push: bool, admin: bool | None = None) -> dict[str, Any]:
    """`full-repository`, for a single repository.

    Args:
        admin: whether the account administers it; the same as `push` by default.
    """
    whole = {**repository_object(urls, repository, push=push), "subscribers_count": 0, "network_count": 0}
    if admin is not None:
        whole["permissions"] = {**whole["permissions"], "admin": admin, "maintain": admin}
    if push:
        names = {"merge": "allow_merge_commit", "squash": "allow_squash_merge", "rebase": "allow_rebase_merge"}
        whole |= {name: method in repository.merge_methods for method, name in names.items()}
    if repository.owner.kind == "Organization":
        whole["organization"] = user(urls, repository.owner)
    if repository.parent is not None:
        source = repository.parent
        while source.parent is not None:
            source = source.parent
        whole |= {"parent": repository_object(urls, repository.parent), "source": repository_object(urls, source)}
    return whole


def branch(urls: Urls, repository: Repository, name: str, sha: str) -> dict[str, Any]:
    """`short-branch`."""
    commit = {"sha": sha, "url": urls.repository(repository, "commits", sha)}
    return {"name": name, "commit": commit, "protected": name in repository.protections}


def tag(urls: Urls, repository: Repository, name: str, sha: str) -> dict[str, Any]:
    """`tag`."""
    return {
        "name": name,
        "commit": {"sha": sha, "url": urls.repository(repository, "commits", sha)},
        "zipball_url": urls.repository(repository, "zipball", name),
        "tarball_url": urls.repository(repository, "tarball", name),
        "node_id": node_id("Ref", sum(name.encode())),
    }


def release(urls: Urls, repository: Repository, made: Release) -> dict[str, Any]:
    """`release`."""
    own = urls.repository(repository, "releases", made.id)
    return {
        "url": own,
        "html_url": urls.page(repository, "releases", "tag", made.tag),
        "assets_url": f"{own}/assets",
        "upload_url": f"{own}/assets{{?name,label}}",
        "tarball_url": urls.repository(repository, "tarball", made.tag),
        "zipball_url": urls.repository(repository, "zipball", made.tag),
        "id": made.id,
        "node_id": node_id("Release", made.id),
        "tag_name": made.tag,
        "target_commitish": made.target,
        "name": made.name,
        "body": made.body,
        "draft": made.draft,
        "prerelease": made.prerelease,
        "immutable": False,
        "created_at": time_of(made.created_at),
        "updated_at": time_of(made.created_at),
        "published_at": None if made.draft else time_of(made.created_at),
        "author": user(urls, made.author),
        "assets": [],
    }
