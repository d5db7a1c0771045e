"""Identifiers in arguments. Every part of a URL is validated here, before a URL is built."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from servicekit.schema import Identifier, Splits

_ESCAPED = re.compile(r"%(2[eEfF]|5[cC]|00)|[\x00-\x1f\x7f\\]")
_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")
_RELATIVE = re.compile(r"[\w./-]+([~^][0-9~^]*|@\{[^}]*\})")
LONGEST = 255

_NAME = r"(?P<owner>[A-Za-z0-9][A-Za-z0-9_-]{0,38})"
_OF_OWNER = r"(?P<repo>\.{0,2}[A-Za-z0-9_][A-Za-z0-9._-]{0,99}?)"
_DIGITS = r"(?P<number>[1-9][0-9]{0,9})"
_WEB_ADDRESS = re.compile(
    rf"(?:https?://)?(?:www\.)?github\.com/{_NAME}(?:/{_OF_OWNER}(?:\.git|/(?:issues|pull)/{_DIGITS})?)?/?"
)
_SSH_ADDRESS = re.compile(rf"(?:ssh://)?git@github\.com[:/]{_NAME}/{_OF_OWNER}(?:\.git)?")
_SHORT_NAME = re.compile(rf"@?{_NAME}/{_OF_OWNER}(?:#{_DIGITS}|/)?")
_NUMBER = re.compile(r"(?:(?:pull request|pull|pr|issue|gh)[\s#-]*|#\s*)?(?P<number>[1-9][0-9]{0,9})", re.IGNORECASE)


def _plain_path(path: str) -> str:
    if path.startswith("/") or any(part in (".", "..") for part in path.split("/")) or "//" in path:
        raise ValueError(
            "must be relative to the root of the repository, without '.' or '..', for example docs/index.md"
        )
    if _ESCAPED.search(path):
        raise ValueError(
            "must not contain backslashes, control characters or percent-encoding, for example docs/index.md"
        )
    return path.rstrip("/")


def _plain_ref(ref: str) -> str:
    """A ref, by its short name. GitHub would make a branch ``refs/heads/x`` of that whole name."""
    ref = ref.removeprefix("refs/heads/") or ref
    if _RELATIVE.fullmatch(ref):
        raise ValueError(
            "must be a branch, tag or SHA: GitHub's API knows no relative refs such as HEAD~1. list_commits shows the "
            "SHA of each commit"
        )
    if _ESCAPED.search(ref):
        raise ValueError("must not be percent-encoded, for example feature/search")
    # The rules of git-check-ref-format(1).
    if ref[0] in "-/." or ref[-1] in "/." or ref == "@" or _NOT_IN_A_REF.search(ref):
        raise ValueError("must be a branch, tag or commit, for example main, v1.2.0 or a full SHA")
    return ref


def _from_root(path: str) -> str:
    """A path without a leading ``./`` or ``/``; the root itself is empty."""
    if path in (".", "./", "/"):
        return ""
    return path if path.startswith(("//", ".//", "/./")) else path.removeprefix("./").removeprefix("/")


def _in_repository(text: str) -> dict[str, str | int] | None:
    """Owner, repo and number in ``acme/app``, ``acme/app#12`` or an address at github.com."""
    match = _WEB_ADDRESS.fullmatch(text) or _SSH_ADDRESS.fullmatch(text) or _SHORT_NAME.fullmatch(text)
    if match is None:
        return None
    found: dict[str, str | int] = {
        part: value for part, value in match.groupdict().items() if value is not None and part != "number"
    }
    if "repo" in found:
        found["repo"] = str(found["repo"]).removesuffix(".git")
    if number := match.groupdict().get("number"):
        found["number"] = int(number)
    return found


def _number(text: str) -> str:
    """A number without ``#``, ``PR`` or ``issue`` in front."""
    match = _NUMBER.fullmatch(text)
    return match["number"] if match else text


def _file_name(text: str) -> str:
    """A workflow's file without its folder."""
    return text.removeprefix("./").removeprefix(".github/workflows/")


def _login(text: str) -> str:
    return text.removeprefix("@")


OWNER = Identifier(
    "a user or organisation such as octocat", "octocat", pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}", normalise=_login
)
REPO = Identifier(
    "a repository's name without its owner, such as hello-world",
    "hello-world",
    pattern=r"\.{0,2}[A-Za-z0-9_][A-Za-z0-9._-]*",
    found_by="search_repositories",
    max_length=100,
)
Owner = Annotated[
    str,
    OWNER,
    Splits("owner", _in_repository),
    Field(description="User or organisation."),
]
Repo = Annotated[str, REPO, Splits("repo", _in_repository), Field(description="Repository name.")]
# Length limits run before the validators, so that these never see an empty or overlong value.
Path = Annotated[
    str,
    Identifier(
        "a path from the root of the repository, such as docs/index.md",
        "docs/index.md",
        found_by="get_repository_tree",
        normalise=_from_root,
        max_length=LONGEST,
        from_number=False,
        empty=True,
        spaced=True,
    ),
    Field(description="From the root, such as docs/index.md."),
    AfterValidator(_plain_path),
]
FilePath = Annotated[
    str,
    Identifier(
        "the path of a file from the root of the repository, such as docs/index.md",
        "docs/index.md",
        found_by="get_repository_tree",
        normalise=_from_root,
        max_length=LONGEST,
        from_number=False,
        spaced=True,
    ),
    Field(description="Path of the file, such as docs/index.md."),
    AfterValidator(_plain_path),
]
_REF = Identifier(
    "a branch, tag or commit, for example main, v1.2.0 or a full SHA",
    "main",
    found_by="list_branches",
    max_length=LONGEST,
)
Ref = Annotated[
    str,
    _REF,
    Field(description="Branch, tag or SHA; the default branch if omitted."),
    AfterValidator(_plain_ref),
]
Branch = Annotated[
    str,
    Identifier("a branch such as main", "main", found_by="list_branches", max_length=LONGEST),
    Field(description="Branch name."),
    AfterValidator(_plain_ref),
]
Tag = Annotated[
    str,
    Identifier("a tag such as v1.2.0", "v1.2.0", max_length=LONGEST, from_number=False),
    Field(description="Tag name."),
    AfterValidator(_plain_ref),
]
Sha = Annotated[
    str,
    Identifier(
        "the full SHA of a commit, 40 hexadecimal digits, such as 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        pattern=r"[0-9a-f]{40}",
        found_by="list_commits",
        normalise=str.lower,
        from_number=False,
    ),
    Field(description="Full SHA of a commit."),
]
Number = Annotated[
    int,
    Field(ge=1, le=2**31 - 1, description="Number of the issue or pull request."),
    Identifier("the number of an issue or pull request such as 12", "12", normalise=_number),
    Splits("number", _in_repository),
]
RunId = Annotated[
    int,
    Field(ge=1, le=2**53 - 1, description="Workflow run id."),
    Identifier("the id of a workflow run such as 9173264501", "9173264501", found_by="get_check_runs"),
]
JobId = Annotated[
    int,
    Field(ge=1, le=2**53 - 1, description="Job id."),
    Identifier("the id of a job such as 25103947712", "25103947712", found_by="get_check_runs"),
]
WorkflowName = Annotated[
    str,
    Identifier(
        "a workflow's file such as ci.yml, its id, or its name",
        "ci.yml",
        pattern=r"[^\x00-\x1f\x7f/\\%?#]{1,100}",
        found_by="list_workflows",
        normalise=_file_name,
    ),
    Field(description="File such as ci.yml, id or name of the workflow."),
]
Login = Annotated[
    str,
    Identifier(
        "the login of a user or App, such as dependabot[bot]",
        "dependabot[bot]",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\[bot\])?",
        normalise=_login,
    ),
    Field(description="Login, such as dependabot[bot]."),
]
Label = Annotated[
    str,
    Identifier("a label's name without commas, such as bug", "bug", pattern=r"[^\x00-\x1f,]{1,50}"),
    Field(description="Label name."),
]
Query = Annotated[
    str,
    Identifier(
        "words and qualifiers in one line, such as parser language:python",
        "parser language:python",
        pattern=r"[^\x00-\x1f\x7f]{1,256}",
    ),
    Field(description="Words and GitHub search qualifiers: parser language:python"),
]
FromLine = Annotated[int, Field(ge=1, le=10_000_000, description="First line, to continue after a cut.")]


class RepositoryName(NamedTuple):
    """A repository by the name that the caller gave."""

    owner: str
    repo: str

    @property
    def full(self) -> str:
        """``owner/repo``."""
        return f"{self.owner}/{self.repo}"
