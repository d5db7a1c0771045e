"""Files and folders are moved, removed and linked in one commit; what would be destroyed by it is refused."""

import json
from typing import Any

import pytest

from devkit.simulators.github.git_store import FILE_MODE
from devkit.simulators.github.records.protection import Protection, Ruleset
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub
from .website import EXECUTABLE, LINK, SUBMODULE, Site

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 73400320\n"
COMMIT = "c" * 40


@pytest.fixture
def tree(site: Site) -> Site:
    """A site with a folder, a program, a link, a submodule and a pointer to LFS storage."""
    blobs = {
        "lib/run.sh": (EXECUTABLE, b"echo one\n"),
        "lib/deep/a.txt": (FILE_MODE, b"a\n"),
        "lib/deep/b.txt": (FILE_MODE, b"b\n"),
        "other/c.txt": (FILE_MODE, b"c\n"),
        "link": (LINK, b"lib/deep/a.txt"),
        "out": (LINK, b"../outside"),
        "film.mp4": (FILE_MODE, POINTER),
        ".gitmodules": (FILE_MODE, b'[submodule "v"]\n\tpath = vendor\n\turl = https://git.example/v.git\n'),
    }
    entries = {path: (mode, site.git.add_blob(content)) for path, (mode, content) in blobs.items()}
    site.put_all({**entries, "vendor": (SUBMODULE, COMMIT)})
    return site


async def test_moved_file_keeps_its_bytes_and_mode(tree: Site) -> None:
    made = await tree.commit({"path": "bin/go.sh", "renamed_from": "lib/run.sh"})
    assert made["files"] == 1
    assert tree.file("bin/go.sh") == (EXECUTABLE, b"echo one\n")
    (moved,) = (await tree.newest())["files"]
    assert (moved["status"], moved["path"], moved["previous_path"]) == ("renamed", "bin/go.sh", "lib/run.sh")


async def test_file_is_moved_and_edited_at_once(tree: Site) -> None:
    edits = [{"old": "one", "new": "two"}]
    moved = {"path": "go.sh", "renamed_from": "lib/run.sh", "edits": edits, "executable": False}
    assert (await tree.commit(moved))["files"] == 1
    assert tree.file("go.sh") == (FILE_MODE, b"echo two\n")
    assert "lib/run.sh" not in tree.git.files(tree.head)


async def test_folder_is_moved_with_all_that_is_in_it(tree: Site) -> None:
    assert (await tree.commit({"path": "src/lib", "renamed_from": "lib"}))["files"] == 3
    assert tree.paths("src") == ["src/lib/deep/a.txt", "src/lib/deep/b.txt", "src/lib/run.sh"]
    assert tree.paths("lib") == []
    assert tree.file("src/lib/run.sh")[0] == EXECUTABLE


async def test_folder_is_removed_with_all_that_is_in_it(tree: Site) -> None:
    assert (await tree.commit({"path": "lib", "delete": True}, {"path": "lib.md", "content": "x"}))["files"] == 4
    assert tree.paths("lib") == []
    assert tree.paths("other") == ["other/c.txt"]


async def test_two_files_change_places(tree: Site) -> None:
    there = {"path": "lib/deep/a.txt", "renamed_from": "lib/deep/b.txt"}
    await tree.commit(there, {"path": "lib/deep/b.txt", "renamed_from": "lib/deep/a.txt"})
    assert (tree.file("lib/deep/a.txt")[1], tree.file("lib/deep/b.txt")[1]) == (b"b\n", b"a\n")


async def test_moved_file_leaves_its_place_to_a_new_one(tree: Site) -> None:
    old = {"path": "old.sh", "renamed_from": "lib/run.sh"}
    await tree.commit(old, {"path": "lib/run.sh", "content": "new\n"})
    assert tree.file("old.sh") == (EXECUTABLE, b"echo one\n")
    assert tree.file("lib/run.sh") == (FILE_MODE, b"new\n")


async def test_file_makes_room_for_a_folder(tree: Site) -> None:
    await tree.commit({"path": "other/c.txt", "delete": True}, {"path": "other/c.txt/in", "content": "x"})
    assert tree.paths("other") == ["other/c.txt/in"]


async def test_link_is_made_and_led_elsewhere(tree: Site) -> None:
    await tree.commit({"path": "latest", "content": "lib/run.sh\n", "symlink": True})
    assert tree.file("latest") == (LINK, b"lib/run.sh")
    await tree.commit({"path": "latest", "content": "README.md", "symlink": True})
    assert tree.file("latest") == (LINK, b"README.md")
    await tree.commit({"path": "latest", "edits": [{"old": "README", "new": "NEWS"}], "symlink": True})
    assert tree.file("latest") == (LINK, b"NEWS.md")
    await tree.commit({"path": "newest", "renamed_from": "latest"})
    assert tree.file("newest") == (LINK, b"NEWS.md")
    await tree.commit({"path": "newest", "content": "text\n", "symlink": False})
    assert tree.file("newest") == (FILE_MODE, b"text\n")
    await tree.commit({"path": "newest", "delete": True})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"path": "link", "content": "x"}, "link is a symbolic link to lib/deep/a.txt in acme/website at main"),
        ({"path": "out", "edits": [{"old": ".", "new": "x"}]}, "give symlink=true with its new target"),
        ({"path": "link", "executable": True}, "has no mode"),
        ({"path": "link", "content": "\n", "symlink": True}, "target of the symbolic link link is empty"),
        ({"path": "link", "symlink": True, "executable": True}, "give its target as text in `content`"),
        ({"path": "vendor", "content": "x"}, "vendor is a submodule in acme/website at main: another repository"),
        ({"path": "vendor", "delete": True}, "vendor is a submodule"),
        ({"path": "v2", "renamed_from": "vendor"}, "vendor is a submodule"),
        ({"path": "vendor/x", "content": "x"}, "vendor is a submodule in acme/website at main, so vendor/x cannot"),
        ({"path": "link/x", "content": "x"}, "link is a symbolic link in acme/website at main, so link/x cannot"),
        ({"path": "README.md/x", "content": "x"}, "README.md is a file in acme/website at main, so README.md/x"),
        ({"path": "lib", "content": "x"}, "lib is a directory"),
        ({"path": "lib", "executable": True}, "lib is a directory"),
        ({"path": "x", "renamed_from": "lib", "content": "x"}, "lib is a directory"),
        ({"path": "lib/in/it", "renamed_from": "lib"}, "lib cannot be moved into itself"),
        ({"path": "README.md", "renamed_from": "lib/run.sh"}, "README.md exists in acme/website at main: it is a file"),
        ({"path": "other", "renamed_from": "lib"}, "other exists in acme/website at main: it is a directory"),
        ({"path": "other/c.txt/x", "renamed_from": "lib/run.sh"}, "other/c.txt is a file"),
        ({"path": "x", "renamed_from": "nothing"}, "There is no file nothing"),
        ({"path": "x", "renamed_from": "x"}, "and `path` its new one"),
        ({"path": "x", "renamed_from": "lib", "delete": True}, "and `path` its new one"),
        ({"path": "film.mp4", "content": "x"}, "film.mp4 is a Git LFS pointer: the file itself has 73400320 bytes"),
        ({"path": "film.mp4", "content": "AAEC", "base64": True}, "clone with git lfs"),
        ({"path": "film.mp4", "edits": [{"old": "version", "new": "x"}]}, "is a Git LFS pointer"),
    ],
)
async def test_what_would_be_destroyed_is_refused(tree: Site, change: dict[str, Any], words: str) -> None:
    assert words in await tree.refused({"path": "fine.txt", "content": "x"}, change)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([{"path": "lib", "delete": True}, {"path": "lib/run.sh", "executable": False}], "lib is removed or moved by"),
        ([{"path": "a", "renamed_from": "lib"}, {"path": "lib/run.sh", "delete": True}], "lib is removed or moved by"),
        ([{"path": "a", "renamed_from": "link"}, {"path": "b", "renamed_from": "link"}], "link is moved twice"),
        ([{"path": "a", "content": "x"}, {"path": "a/b", "content": "x"}], "a is a file"),
        ([{"path": "a", "content": "x"}, {"path": "./a", "content": "y"}], "names a path twice"),
    ],
)
async def test_changes_that_contradict_each_other_are_refused(
    tree: Site, changes: list[dict[str, Any]], words: str
) -> None:
    assert words in await tree.refused(*changes)


async def test_pointer_is_replaced_by_another(tree: Site) -> None:
    changed = POINTER.replace(b"a" * 64, b"b" * 64)
    await tree.commit({"path": "film.mp4", "content": changed.decode()})
    await tree.commit({"path": "clip.mp4", "renamed_from": "film.mp4"})
    assert tree.file("clip.mp4")[1] == changed


async def test_links_submodules_and_pointers_are_recognised(tree: Site) -> None:
    link = await tree.read("link")
    assert (link["type"], link["target"], "a\n" in link["text"]) == ("file", "lib/deep/a.txt", True)
    assert "name the path in `target`" in link["notice"]
    out = await tree.read("out")
    assert (out["type"], out["target"]) == ("symlink", "../outside")
    vendor = await tree.read("vendor")
    assert (vendor["type"], vendor["target"]) == ("submodule", "https://git.example/v.git")
    film = await tree.read("film.mp4")
    assert (film["type"], film["stored_size"], film["size"]) == ("lfs", 73400320, len(POINTER))
    assert "git lfs pull" in film["notice"]
    root = {entry["path"]: entry["type"] for entry in (await tree.read(""))["entries"]}
    assert (root["vendor"], root["link"], root["lib"]) == ("submodule", "symlink", "dir")
    listed = await call(tree.client, "get_repository_tree", **SITE)
    kinds = {entry["path"]: entry["type"] for entry in listed["items"]}
    assert (kinds["vendor"], kinds["link"], kinds["lib/run.sh"]) == ("submodule", "symlink", "blob")


REFUSALS = {
    "rules": (422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"),
    "protection": (422, "At least 1 approving review is required by reviewers with write access."),
    "workflow": (422, "refusing to allow an OAuth App to create or update workflow `ci.yml` without `workflow` scope"),
    "rights": (403, "Resource not accessible by integration"),
}


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        ("rules", "a", "takes no direct commits of this kind. Create a branch with create_branch"),
        ("protection", "a", "takes no direct commits of this kind"),
        ("workflow", "a", "needs a permission of its own"),
        ("rights", ".github/workflows/ci.yml", "(.github/workflows/ci.yml), which needs a permission of its own"),
        ("rights", "a", "If rights are missing, ask the operator"),
    ],
)
async def test_refused_branch_update_names_reason_and_step(
    tree: Site, hub: Hub, kind: str, path: str, words: str
) -> None:
    status, message = REFUSALS[kind]
    body = json.dumps({"message": message, "documentation_url": "https://docs.github.com/rest"})
    hub.misbehave("answer", method="PATCH", path="*/git/refs/*", status=status, body=body)
    said = await tree.refused({"path": path, "content": "x"})
    assert words in said
    assert "Nothing was written." in said


PULL_ONLY = Ruleset(1, "pulls", frozenset({"main"}), [("pull_request", {})])


@pytest.mark.parametrize(
    ("protection", "rulesets", "reason"),
    [
        (Protection(approvals=1), [], "At least 1 approving review is required"),
        (Protection(checks={"test": None}), [], 'Required status check "test" is expected'),
        (None, [PULL_ONLY], "Changes must be made through a pull request"),
    ],
)
async def test_branch_that_needs_a_pull_request_takes_no_commit(
    tree: Site, hub: Hub, protection: Protection | None, rulesets: list[Ruleset], reason: str
) -> None:
    site = hub.simulator.world.repositories["acme/website"]
    site.admins, site.rulesets = frozenset(), rulesets
    if protection is not None:
        site.protections["main"] = protection
    said = await tree.refused({"path": "a", "content": "x"})
    assert reason in said
    assert "The branch main takes no direct commits of this kind. Create a branch with create_branch" in said
    site.admins, site.rulesets = None, []
    await tree.commit({"path": "a", "content": "x"})


async def test_workflow_that_github_hides_names_the_permission(tree: Site, hub: Hub) -> None:
    hub.misbehave("answer", method="POST", path="*/git/trees", status=404, body='{"message": "Not Found"}')
    said = await tree.refused({"path": "ci.yml", "renamed_from": ".github/workflows/ci.yml"})
    assert "needs a permission of its own: the scope `workflow` of a classic token" in said


async def test_branch_that_moves_during_the_commit_is_said(tree: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    add_commit = tree.git.add_commit

    def while_another_pushes(*arguments: Any) -> str:
        monkeypatch.undo()
        made = add_commit(*arguments)
        tree.put("pushed", b"meanwhile")
        return made

    monkeypatch.setattr(tree.git, "add_commit", while_another_pushes)
    asked = tree.asked(({"path": "a", "content": "x"},))
    words = await refusal(tree.client, "commit_files", **asked)
    assert words.startswith(f"Branch main has moved from {asked['expected_head']}: it is at {tree.head} now.")
    assert "a" not in tree.git.files(tree.head)
