"""Identifiers in arguments. Every part of a URL is validated here, before a URL is built."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from servicekit.core import Refused
from servicekit.schema import Identifier, Splits

_ESCAPED = re.compile(r"%(2[eEfF]|5[cC]|00)|[\x00-\x1f\x7f\\]")
_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)")
_RELATIVE = re.compile(r"[~^]|@\{")
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


def plain_ref(ref: str) -> str:
    """A ref, by its short name. GitHub would make a branch ``refs/heads/x`` of that whole name."""
    ref = ref.removeprefix("refs/heads/") or ref
    if _RELATIVE.search(ref):
        raise ValueError(
            "must be a branch, tag or SHA: GitHub's API knows no relative refs such as HEAD~1. list_commits shows the "
            "SHA of each commit"
        )
    if _ESCAPED.search(ref):
        raise ValueError("must not be percent-encoded, for example feature/search")
    # The rules of git-check-ref-format(1).
    if ref[0] in "-/." or ref[-1] in "/." or ref == "@" or _NOT_IN_A_REF.search(ref):
        raise ValueError(
            "must be a name that Git allows, without spaces, '..' or any of ~ ^ : ? * [ \\, "
            "such as feature/search or v1.2.0"
        )
    return ref


def _plain_head(head: str) -> str:
    owner, colon, branch = head.rpartition(":")
    if colon and not re.fullmatch(OWNER.pattern or "", owner):
        raise ValueError("must be a branch such as main, or owner:branch for one of a fork, for example octocat:main")
    return f"{owner}{colon}{plain_ref(branch)}" if branch else plain_ref(head)


def _from_root(path: str) -> str:
    """A path without a leading ``./`` or ``/``; the root itself is empty."""
    if path in (".", "./", "/"):
        return ""
    return path if path.startswith(("//", ".//", "/./")) else path.removeprefix("./").removeprefix("/")


def in_repository(text: str) -> dict[str, str | int] | None:
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


def number_in(text: str) -> str:
    """A number without ``#``, ``PR`` or ``issue`` in front."""
    match = _NUMBER.fullmatch(text)
    return match["number"] if match else text


def _byte_range(text: str) -> str:
    return text.removeprefix("bytes=").replace(" ", "")


def _login(text: str) -> str:
    return text.removeprefix("@")


def team_slug(text: str) -> str:
    """A team's slug without its organisation, ``@acme/``."""
    return text.rpartition("/")[2].removeprefix("@")


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
    Splits("owner", in_repository),
    Field(description="User or organisation."),
]
Repo = Annotated[str, REPO, Splits("repo", in_repository)]
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
_FILE_PATH = Identifier(
    "the path of a file from the root of the repository, such as docs/index.md",
    "docs/index.md",
    found_by="get_repository_tree",
    normalise=_from_root,
    max_length=LONGEST,
    from_number=False,
    spaced=True,
)
FilePath = Annotated[
    str,
    _FILE_PATH,
    Field(description="Path of the file, such as docs/index.md."),
    AfterValidator(_plain_path),
]
ChangedPath = Annotated[str, _FILE_PATH, AfterValidator(_plain_path)]
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
    AfterValidator(plain_ref),
]
Branch = Annotated[
    str,
    Identifier("a branch such as main", "main", found_by="list_branches", max_length=LONGEST),
    Field(description="Branch name."),
    AfterValidator(plain_ref),
]
Head = Annotated[
    str,
    Identifier(
        "a branch such as main, or octocat:main for one of a fork",
        "main",
        found_by="list_branches",
        max_length=LONGEST,
    ),
    Field(description="Branch, or owner:branch of a fork."),
    AfterValidator(_plain_head),
]
Tag = Annotated[
    str,
    Identifier("a tag such as v1.2.0", "v1.2.0", max_length=LONGEST, from_number=False),
    Field(description="Tag name."),
    AfterValidator(plain_ref),
]
SHA = Identifier(
    "the full SHA of a commit, 40 hexadecimal digits, such as 7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    pattern=r"[0-9a-f]{40}",
    found_by="list_commits",
    normalise=str.lower,
    from_number=False,
)
Sha = Annotated[str, SHA, Field(description="Full SHA of a commit.")]
Number = Annotated[
    int,
    Field(ge=1, le=2**31 - 1, description="Issue or PR number."),
    Identifier("the number of an issue or pull request such as 12", "12", normalise=number_in),
    Splits("number", in_repository),
]
PullNumber = Annotated[
    int,
    Field(ge=1, le=2**31 - 1),
    Identifier("the number of a pull request such as 12", "12", found_by="list_pull_requests", normalise=number_in),
    Splits("number", in_repository),
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
FromLine = Annotated[int, Field(ge=1, le=1_000_000_000, description="First line.")]

ToLine = Annotated[int, Field(ge=1, le=1_000_000_000, description="Last line.")]
ByteRange = Annotated[
    str,
    Identifier(
        "a range of bytes such as 0-1023, 1024- or -512",
        "0-1023",
        pattern=r"[0-9]{1,12}-[0-9]{0,12}|-[0-9]{1,12}",
        normalise=_byte_range,
        from_number=False,
    ),
    Field(description="Range of bytes instead of lines, such as 0-1023."),
]


def positions(byte_range: str, size: int) -> tuple[int, int]:
    """The first and last position of a range in a file of `size` bytes (RFC 9110 §14.1.2).

    Raises:
        Refused: the range ends before it begins.
    """
    first, _, last = byte_range.partition("-")
    if not first:
        return max(size - int(last), 0), size - 1
    if last and int(last) < int(first):
        raise Refused(f"The range {byte_range} ends before it begins. Give bytes such as 0-1023.")
    return int(first), int(last) if last else size - 1


def is_sha(ref: str) -> bool:
    """Whether a ref is a full SHA, so that what it names never changes."""
    return len(ref) == 40 and set(ref) <= set("0123456789abcdef")


class RepositoryName(NamedTuple):
    """A repository by the name that the caller gave."""

    owner: str
    repo: str

    @property
    def full(self) -> str:
        """``owner/repo``."""
        return f"{self.owner}/{self.repo}"
