"""Files are changed by edits: what an edit does not name keeps its bytes, its mode and its line endings."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from devkit.simulators.github.git_store import FILE_MODE
from github_mcp.models.changes import FileChange
from github_mcp.models.files.file_bytes import new_file
from servicekit.core import Refused
from tests.fixtures.calls import call, refusal

from .scene import SITE, Hub, key, new_caller, plain
from .website import EXECUTABLE, LINK, Site

BATCH = b"@echo off\r\nrem one\r\nrem two\r\n"
ODD = "\ufeffone\r\ntwo\n\x0cthree\u2028four\x85\rfive\u200b\n\r\nsix".encode()


def by_edits(path: str, _: str) -> dict[str, Any]:
    return {"path": path, "edits": [{"old": "one", "new": "uno"}]}


def by_content(path: str, text: str) -> dict[str, Any]:
    return {"path": path, "content": text.replace("one", "uno")}


def by_content_with_lf(path: str, text: str) -> dict[str, Any]:
    return {"path": path, "content": text.replace("one", "uno").replace("\r\n", "\n").replace("\r", "")}


@pytest.mark.parametrize("change", [by_edits, by_content, by_content_with_lf])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
async def test_one_word_of_a_crlf_file_is_one_line_changed(
    site: Site, bom: bytes, change: Callable[[str, str], dict[str, Any]]
) -> None:
    site.put("run.bat", bom + BATCH, EXECUTABLE)
    read = await call(site.client, "get_file_contents", path="run.bat", **SITE)
    assert "CRLF" in read["notice"]
    await site.commit(change("run.bat", plain(read["text"])))
    assert site.file("run.bat") == (EXECUTABLE, bom + BATCH.replace(b"one", b"uno"))
    assert await site.lines_changed() == (1, 1)


@pytest.mark.parametrize(
    ("old", "new", "found", "put"),
    [
        ("two\n", "2\n", b"two\n", b"2\n"),
        ("one\ntwo", "one\n2", b"two", b"2"),
        ("one\r\ntwo", "one\r\nand\r\n2", b"two", b"and\n2"),
        ("one", "one\none and a half", b"one", b"one\r\none and a half"),
        ("six", "six\n", b"six", b"six\r\n"),
        ("\u200b", "", "\u200b".encode(), b""),
        ("three\u2028", "3\u2028", b"three", b"3"),
        ("\ufeffone", "one", b"\xef\xbb\xbf", b""),
    ],
)
async def test_edit_changes_nothing_else_in_an_odd_file(
    site: Site, old: str, new: str, found: bytes, put: bytes
) -> None:
    site.put("odd.txt", ODD)
    await site.commit({"path": "odd.txt", "edits": [{"old": old, "new": new}]})
    assert site.file("odd.txt")[1] == ODD.replace(found, put, 1)


async def test_files_of_one_commit_are_changed_in_all_ways(site: Site) -> None:
    site.put("deep/er/tool.sh", b"echo a\necho b\n", EXECUTABLE)
    site.put("deep/text", b"x")
    made = await site.commit(
        {"path": "deep/er/tool.sh", "edits": [{"old": "echo a\n", "new": ""}, {"old": "b", "new": "a\nb"}]},
        {"path": "deep/text", "executable": True},
        {"path": "deep/new", "content": ""},
        {"path": "README.md", "delete": True},
        {"path": "a.bin", "content": base64.b64encode(b"\0\r\n").decode(), "base64": True},
    )
    assert made["files"] == 5
    assert site.file("deep/er/tool.sh") == (EXECUTABLE, b"echo a\nb\n")
    assert site.file("deep/text") == (EXECUTABLE, b"x")
    assert site.file("deep/new") == (FILE_MODE, b"")
    assert site.file("a.bin")[1] == b"\0\r\n"
    assert "README.md" not in site.git.files(site.head)


async def test_large_file_is_edited(site: Site) -> None:
    lines = b"a <  b\r\n" * 500_000
    site.put("large.txt", lines + b"last\r\n")
    await site.commit({"path": "large.txt", "edits": [{"old": "\nlast\n", "new": "\nend\n"}]})
    assert site.file("large.txt")[1] == lines + b"end\r\n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "needs `edits` (old and new text), `content`"),
        ({"content": None}, "needs `edits`"),
        ({"content": "x", "delete": True}, "not several"),
        ({"edits": [{"old": "a", "new": "b"}], "content": "x"}, "not several"),
        ({"edits": [{"old": "a", "new": "b"}], "base64": True}, "`base64` says how `content` is encoded"),
        ({"edits": [{"old": "nowhere", "new": "b"}]}, "Edit 1 of f.txt: `old` does not occur"),
        ({"edits": [{"old": "e", "new": "b"}]}, "more than once, in lines 1, 3"),
        ({"edits": [{"old": "one", "new": "1"}, {"old": "one", "new": "2"}]}, "Edit 2 of f.txt"),
        ({"content": "one\ntwo\nthree\n"}, "are like that already"),
        ({"content": "=", "base64": True}, "is not base64"),
        ({"path": "none", "delete": True}, "no file none in acme/website at main"),
        ({"path": "none", "edits": [{"old": "a", "new": "b"}]}, "no file none"),
        ({"path": "docs", "content": "x"}, "docs is a directory"),
        ({"path": "link", "content": "x"}, "link is a symbolic link"),
        ({"path": "link", "edits": [{"old": "f", "new": "g"}]}, "link is a symbolic link"),
        ({"path": "photo", "edits": [{"old": "f", "new": "g"}]}, "photo is a binary file"),
    ],
)
async def test_change_that_does_not_fit_writes_nothing(site: Site, change: dict[str, Any], words: str) -> None:
    site.put("f.txt", b"one\r\ntwo\r\nthree\r\n".replace(b"\r", b""))
    site.put("link", b"f.txt", LINK)
    site.put("photo", b"f\0")
    assert words in await site.refused({"path": "f.txt", **change})


async def test_a_file_is_not_emptied_by_an_empty_value(site: Site) -> None:
    site.put("walk.bat", BATCH)
    for filled_in in ({"content": "", "executable": True, "edits": []}, {"content": "", "base64": True}):
        words = await site.refused({"path": "walk.bat", **filled_in})
        assert "is empty, and the file has 29 bytes. Nothing was written. To remove it, give delete=true" in words
    await site.commit({"path": "walk.bat", "content": "\n"}, {"path": "new", "content": ""})
    assert (site.file("walk.bat")[1], site.file("new")[1]) == (b"\r\n", b"")
    site.put("nothing", b"")
    await site.commit({"path": "nothing", "content": "", "executable": True})


async def test_unchanged_file_of_several_is_said(site: Site) -> None:
    site.put("same", b"s\n")
    made = await site.commit({"path": "same", "content": "s\n"}, {"path": "other", "content": "o\n"})
    assert (made["files"], made["notice"]) == (1, "same: unchanged.")


@pytest.mark.parametrize(
    ("before", "content", "after", "notice"),
    [
        (b"a\r\nb\r\n", "a\nB\n", b"a\r\nB\r\n", "line endings as in the present file"),
        (b"a\nb\n", "a\r\nB\r\n", b"a\nB\n", "line endings as in the present file"),
        (b"a\r\nb\r\n", "a\nb\n", b"a\nb\n", None),
        (b"\xef\xbb\xbfa\n", "b\n", b"\xef\xbb\xbfb\n", "byte order mark kept"),
        (b"\xef\xbb\xbfa\n", "a\n", b"a\n", None),
        (b"a\n", "\ufeffb\n", b"\xef\xbb\xbfb\n", None),
        (b"a\n", "b", b"b", "without a line break at the end"),
        (b"a\r\nb\nc\r\n", "a\nB\nc\n", b"a\r\nB\r\nc\r\n", "line endings as in the present file"),
        ("ä".encode("latin-1"), "b\n", b"b\n", None),
    ],
)
async def test_whole_content_keeps_what_models_lose(
    site: Site, before: bytes, content: str, after: bytes, notice: str | None
) -> None:
    site.put("f.txt", before)
    made = await site.commit({"path": "f.txt", "content": content})
    assert site.file("f.txt")[1] == after
    assert notice in made["notice"] if notice else "notice" not in made


LINES = st.lists(
    st.sampled_from(["a", "b c", "\r\n", "\n", "\r", "\x0c", "\u2028", "\ufeff", "\u200b", "é", "⟦⟧"]), max_size=20
)


@given(before=LINES, old=LINES.filter(any), new=LINES, after=LINES)
def test_any_edit_keeps_the_bytes_around_it(
    before: list[str], old: list[str], new: list[str], after: list[str]
) -> None:
    """What precedes and follows the edited text stays, but for the half of a line break that the edit takes whole."""
    around = "".join(before), "".join(after)
    wanted = {"old": "".join(old), "new": "".join(new)}
    file = "".join([around[0], wanted["old"], around[1]])
    try:
        made = new_file(FileChange.model_validate({"path": "f", "edits": [wanted]}), file.encode()).content
    except (Refused, ValidationError):
        return
    if file.count(wanted["old"]) == 1:
        assert made.startswith(around[0].removesuffix("\r").encode())
        assert made.endswith(around[1].removeprefix("\n").encode())


async def test_commit_without_an_answer_is_found_again(site: Site, hub: Hub) -> None:
    site.put("run.bat", BATCH)
    hub.misbehave("hang_after", method="PATCH", path="*/git/refs/*", seconds=3)
    asked = {"branch": "main", "message": "M", "expected_head": site.head, **SITE, "idempotency_key": key()}
    files = [by_edits("run.bat", "")]
    who = new_caller()
    async with hub.client(who, upstream_timeout=1.0) as client:
        await refusal(client, "commit_files", files=files, **asked)
    async with hub.client(who) as client:
        made = await call(client, "commit_files", files=files, **asked)
    assert made["sha"] == site.head
    assert site.file("run.bat")[1] == BATCH.replace(b"one", b"uno")
