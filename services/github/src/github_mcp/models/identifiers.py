"""How callers name things. Everything that becomes a part of a URL is checked here, before any URL is made."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

_ESCAPED = re.compile(r"%(2[eEfF]|5[cC]|00)|[\x00-\x1f\x7f\\]")
_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\%]|\.\.|@\{|//|/\.|\.lock(/|$)")
LONGEST = 255


def _plain_path(path: str) -> str:
    if path.startswith("/") or any(part in (".", "..") for part in path.split("/")) or "//" in path:
        raise ValueError("write it from the root of the repository, without '/' in front, '.' or '..'")
    if _ESCAPED.search(path):
        raise ValueError("no backslash, control character or percent-encoding belongs in it")
    return path.rstrip("/")


def _plain_ref(ref: str) -> str:
    # The rules of git-check-ref-format(1), and no percent sign.
    if ref[0] in "-/." or ref[-1] in "/." or ref == "@" or _NOT_IN_A_REF.search(ref):
        raise ValueError("that is no name of a branch, tag or commit")
    return ref


Owner = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$", description="User or organisation that owns it, as in acme."),
]
Repo = Annotated[
    str,
    Field(
        pattern=r"^\.{0,2}[A-Za-z0-9_][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name of the repository, without its owner.",
    ),
]
# Bounds before rules: a rule never sees what is empty or too long.
Path = Annotated[
    str,
    Field(max_length=LONGEST, description="Path from the root of the repository, as in docs/index.md."),
    AfterValidator(_plain_path),
]
FilePath = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Path of the file, as in docs/index.md."),
    AfterValidator(_plain_path),
]
Ref = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Branch, tag or commit SHA; the default branch if left out."),
    AfterValidator(_plain_ref),
]
Branch = Annotated[
    str, Field(min_length=1, max_length=LONGEST, description="Name of the branch."), AfterValidator(_plain_ref)
]
Tag = Annotated[
    str, Field(min_length=1, max_length=LONGEST, description="Name of the tag."), AfterValidator(_plain_ref)
]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", description="Full SHA of a commit.")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1, description="Its number in the repository, as in #12.")]
NumberText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$", description="Its number.")]
RunId = Annotated[int, Field(ge=1, le=2**53 - 1, description="Id of a workflow run.")]
JobId = Annotated[int, Field(ge=1, le=2**53 - 1, description="Id of a job, as get_check_runs shows it.")]
Login = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\[bot\])?$",
        description="Login of a user, or of an App, as in dependabot[bot].",
    ),
]
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f,]{1,50}$", description="Name of a label.")]
Query = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Words and GitHub's search qualifiers, as in: parser language:python",
    ),
]
FromLine = Annotated[int, Field(ge=1, le=10_000_000, description="First line to show, to go on after a cut.")]


class RepositoryName(NamedTuple):
    """A repository, as a caller named it."""

    owner: str
    repo: str

    @property
    def full(self) -> str:
        """``owner/repo``."""
        return f"{self.owner}/{self.repo}"
