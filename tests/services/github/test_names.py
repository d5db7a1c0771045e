"""Property tests: accepted names stay one part of a URL, and excerpts lose no line."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from github_mcp.models.excerpts import part_from, part_until
from github_mcp.models.identifiers import Branch, Owner, Path, Ref, Repo
from servicekit.upstream.http.url import Origin

ADDRESS = Origin("https://api.github.com")
NASTY = st.text(st.sampled_from("ab.-_/%2eEfF\\ \0\n~^:?*[]@{}ä\u202e"), max_size=24) | st.text(max_size=300)


def accepted(kind: Any, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@given(NASTY, NASTY)
def test_owner_and_repo_are_one_url_segment_each(owner: str, repo: str) -> None:
    if accepted(Owner, owner) and accepted(Repo, repo):
        path = urlsplit(ADDRESS.url(("repos", owner, repo))).path
        assert path.split("/") == ["", "repos", owner, repo]
        assert not {".", ".."} & {unquote(part) for part in path.split("/")}


@given(NASTY)
def test_path_stays_below_contents_and_round_trips(path: str) -> None:
    if accepted(Path, path):
        segments = ("repos", "acme", "website", "contents", *filter(None, path.split("/")))
        made = urlsplit(ADDRESS.url(segments)).path
        assert made.startswith("/repos/acme/website/contents")
        assert unquote(made).removeprefix("/repos/acme/website/contents").strip("/") == path.rstrip("/")
        assert ".." not in unquote(unquote(made)).split("/")


@given(NASTY)
def test_accepted_refs_are_valid_in_git(ref: str) -> None:
    if accepted(Ref, ref):
        assert ref
        assert accepted(Branch, ref)
        assert not ref.startswith(("-", "/", "."))
        assert not ref.endswith(("/", ".", ".lock"))
        assert not any(
            bad in ref for bad in ("..", "//", "/.", "@{", "\\", " ", "%2f", "%2E", "~", "^", ":", "?", "*", "[", "\0")
        )


@pytest.mark.parametrize(
    "ref", ["main", "feature/x", "v1.0.0", "a" * 40, "release-2026.1", "größe", "a@b", "50%-off", "fix#7"]
)
def test_usual_refs_are_accepted(ref: str) -> None:
    assert accepted(Ref, ref)


@pytest.mark.parametrize(
    "path", ["", "README.md", ".github/workflows/ci.yml", "docs/größe und maß.md", "a/b-c_d/[x](y)", "..a/b.."]
)
def test_usual_paths_are_accepted(path: str) -> None:
    assert accepted(Path, path)


@pytest.mark.parametrize("repo", ["website", ".github", "a.b-c_d", "x" * 100])
def test_usual_repositories_are_accepted(repo: str) -> None:
    assert accepted(Repo, repo)


LINES = st.lists(st.text(st.sampled_from('ab\x01"\\ä😀 '), max_size=60), max_size=60).map("\n".join)


@given(LINES, st.integers(40, 400))
def test_excerpts_together_give_every_line_once(text: str, budget: int) -> None:
    lines = text.splitlines(keepends=True)
    seen: list[str] = []
    first = 1
    while first <= len(lines):
        part = part_from(text, first, budget)
        assert part.last >= part.first, "every excerpt advances"
        shown = part.text.splitlines(keepends=True)
        assert len(to_json(part.text)) <= budget + 2 * len(shown)
        assert all(lines[first - 1 + index].startswith(line) for index, line in enumerate(shown))
        assert part.is_cut is (part.first > 1 or part.last < len(lines) or part.is_broken)
        seen += lines[first - 1 : part.last]
        first = part.last + 1
    assert seen == lines


@given(LINES, st.integers(0, 60), st.integers(1, 20), st.integers(40, 400))
def test_tail_ends_at_the_given_line(text: str, last: int, most: int, budget: int) -> None:
    lines = text.splitlines(keepends=True)
    last = min(last, len(lines))
    part = part_until(lines, last, most, budget)
    assert part.last == last
    assert part.last - part.first + 1 <= most
    if part.last - part.first + 1 > 1:
        assert part.text == "".join(lines[part.first - 1 : last])
