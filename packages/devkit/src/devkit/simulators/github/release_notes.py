"""Generated release notes: the pull requests merged between two tags, in GitHub's format."""

from devkit.simulators.github.api_request import Urls
from devkit.simulators.github.records.releases import Release
from devkit.simulators.github.records.repositories import Repository


def newest_first(repository: Repository) -> list[Release]:
    """The releases, with drafts."""
    return sorted(repository.releases, key=lambda one: (one.created_at, one.id), reverse=True)


def latest_of(repository: Repository) -> Release | None:
    """The release that is marked as latest."""
    published = [one for one in newest_first(repository) if not one.draft and not one.prerelease]
    return next((one for one in published if one.make_latest != "false"), published[0] if published else None)


def generated_notes(urls: Urls, repository: Repository, tag: str, head: str, previous: str | None) -> dict[str, str]:
    """`release-notes-content` of the commits that `head` has and the previous tag has not.

    Args:
        previous: the tag of the release before by default.
    """
    git = repository.git
    if previous is None:
        past = set(git.history(head))
        tags = [one.tag for one in newest_first(repository) if not one.draft and one.tag != tag]
        previous = next((one for one in tags if git.resolve(one) in past), None)
    known = set(git.history(git.resolve(previous) or head)) if previous is not None else set()
    new = {sha for sha in git.history(head) if sha not in known}
    merged = [one for one in repository.issues.values() if one.pull is not None and one.pull.merge_sha in new]
    lines = [
        f"* {issue.title} by @{issue.user.login} in {urls.page(repository, 'pull', issue.number)}" for issue in merged
    ]
    changes = ["## What's Changed", *lines, "", ""] if lines else []
    path = ("compare", f"{previous}...{tag}") if previous is not None else ("commits", tag)
    body = "\n".join([*changes, f"**Full Changelog**: {urls.page(repository, *path)}"])
    return {"name": tag, "body": body}
