"""Commits of many files are read to their end, and large trees directory by directory."""

from datetime import UTC, datetime

import pytest

from devkit.simulators.github.git_store import FILE_MODE
from tests.fixtures.calls import call, refusal, walk

from .scene import SITE, Hub
from .website import EXECUTABLE, Site


def add_many(site: Site, count: int, text: str = "text\n") -> str:
    """Add a commit of so many files, without moving a branch; returns its SHA."""
    blob = site.git.add_blob(text.encode() * 2000)
    changes = {f"many/{number:04}/f.txt": (FILE_MODE, blob) for number in range(count)}
    tree = site.git.add_tree(changes, site.git.commit(site.head).tree.decode())
    return site.git.add_commit(tree, [site.head], "Add", "A <a@example.com>", datetime(2026, 1, 1, tzinfo=UTC))


async def test_every_file_of_a_large_commit_is_listed(site: Site, hub: Hub) -> None:
    sha = add_many(site, 350)
    found = await call(site.client, "get_commit", ref=sha, **SITE)
    assert len(found["files"]) == 350
    assert "patches are" in found["notice"]
    assert hub.requests("GET", f"*/commits/{sha}") == 2
    last = await call(site.client, "get_commit", ref=sha, path="many/0349", **SITE)
    assert [one["path"] for one in last["files"]] == ["many/0349/f.txt"]
    assert len(last["files"][0]["patch"]) > 2500
    assert "notice" not in last
    assert "Nearest: many/" in await refusal(site.client, "get_commit", ref=sha, path="many/034x", **SITE)


async def test_files_that_do_not_fit_are_found_by_path(site: Site) -> None:
    sha = add_many(site, 1200, "")
    found = await call(site.client, "get_commit", ref=sha, **SITE)
    shown = len(found["files"])
    assert 600 < shown < 1200
    assert found["notice"].startswith(f"Cut: the first {shown} of 1200 changed files are shown.")
    last = await call(site.client, "get_commit", ref=sha, path="many/1199/f.txt", **SITE)
    assert [one["path"] for one in last["files"]] == ["many/1199/f.txt"]


async def test_files_beyond_githubs_limit_are_unknown(site: Site) -> None:
    sha = add_many(site, 3001, "")
    found = await call(site.client, "get_commit", ref=sha, **SITE)
    assert found["notice"].startswith(
        "GitHub lists only the first 3000 files of a commit; the others are unknown. Cut:"
    )
    unknown = await call(site.client, "get_commit", ref=sha, path="many/3000", **SITE)
    assert (unknown["files"], "the others are unknown" in unknown["notice"]) == ([], True)


async def test_page_that_fails_is_a_missing_part(site: Site, hub: Hub) -> None:
    sha = add_many(site, 500, "")
    site.git.set_ref("refs/heads/many", sha)
    hub.misbehave("error", path=f"*/commits/{sha}", status=403)
    found = await call(site.client, "get_commit", ref="many", **SITE)
    assert len(found["files"]) == 300
    (missing,) = found["missing"]
    assert missing["part"] == "page 2 of the changed files"
    assert "GitHub forbids this" in missing["reason"]


async def test_moved_file_is_found_under_both_paths(site: Site) -> None:
    await site.commit({"path": "docs/new.md", "renamed_from": "docs/operations.md"})
    for path in ("docs/new.md", "docs/operations.md"):
        (file,) = (await call(site.client, "get_commit", ref=site.head, path=path, **SITE))["files"]
        assert (file["path"], file["previous_path"]) == ("docs/new.md", "docs/operations.md")


@pytest.fixture
def large(site: Site, hub: Hub) -> Site:
    """A site whose whole tree GitHub does not list."""
    blob = site.git.add_blob(b"echo one\n")
    site.put_all({f"zz/{number:04}/run.sh": (EXECUTABLE, blob) for number in range(1100)})
    hub.simulator.world.repositories["acme/website"].tree_limit = 20
    return site


async def test_subtree_of_a_truncated_tree_is_read(large: Site) -> None:
    whole = await call(large.client, "get_repository_tree", **SITE)
    assert whole["notice"].startswith("Cut: GitHub lists only a part")
    found = await walk(large.client, "get_repository_tree", path="zz/1099", **SITE)
    assert [entry["path"] for entry in found] == ["zz/1099/run.sh"]
    partly = await call(large.client, "get_repository_tree", path="zz", **SITE)
    assert len(partly["items"]) == 20
    assert partly["notice"].startswith("Cut: GitHub lists only a part")
    text = await refusal(large.client, "get_repository_tree", path="zz/109x", **SITE)
    assert text.startswith("There is no directory `zz/109x` (path). Nearest: zz")
    assert "There is no directory `zy` (path). Nearest: zz" in await refusal(
        large.client, "get_repository_tree", path="zy", **SITE
    )


async def test_commit_in_a_truncated_tree_keeps_the_mode(large: Site) -> None:
    await large.commit({"path": "zz/1099/run.sh", "edits": [{"old": "one", "new": "two"}]})
    assert large.file("zz/1099/run.sh") == (EXECUTABLE, b"echo two\n")


async def test_folder_too_large_to_list_is_not_moved(large: Site) -> None:
    assert "zz in acme/website at main is too large for GitHub to list" in await large.refused(
        {"path": "yy", "renamed_from": "zz"}
    )
    assert "is too large for GitHub to list" in await large.refused({"path": "zz", "delete": True})


async def test_directory_that_github_cuts_leaves_the_file_unknown(large: Site, hub: Hub) -> None:
    hub.misbehave(
        "answer",
        path="*/git/trees/*",
        status=200,
        body='{"sha": "' + "0" * 40 + '", "tree": [], "truncated": true}',
        times=1,
    )
    words = await large.refused({"path": "new.txt", "content": "x"})
    assert "The directory of new.txt in acme/website at main is too large for GitHub to list" in words


async def test_many_files_take_few_requests(site: Site, hub: Hub) -> None:
    hub.simulator.request_log.clear()
    await site.commit(*({"path": f"new/{number}.txt", "content": f"{number}\n"} for number in range(100)))
    assert hub.requests() <= 8
    assert hub.requests("POST", "*/git/blobs") == 0
    assert len(site.paths("new")) == 100
