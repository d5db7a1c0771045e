"""Identifiers in arguments. Every part of a URL is validated here, before a URL is built."""

import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

_ESCAPED = re.compile(r"%(2[eEfF]|5[cC]|00)|[\x00-\x1f\x7f\\]")
_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\%]|\.\.|@\{|//|/\.|\.lock(/|$)")
LONGEST = 255


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
    # The rules of git-check-ref-format(1), and no percent sign.
    if ref[0] in "-/." or ref[-1] in "/." or ref == "@" or _NOT_IN_A_REF.search(ref):
        raise ValueError("must be a branch, tag or commit, for example main, v1.2.0 or a full SHA")
    return ref


Owner = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$",
        description="User or organisation.",
    ),
]
Repo = Annotated[
    str,
    Field(
        pattern=r"^\.{0,2}[A-Za-z0-9_][A-Za-z0-9._-]*$",
        max_length=100,
        description="Name without its owner.",
    ),
]
# Length limits run before the validators, so that these never see an empty or overlong value.
Path = Annotated[
    str,
    Field(max_length=LONGEST, description="From the root, such as docs/index.md."),
    AfterValidator(_plain_path),
]
FilePath = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Path of the file, such as docs/index.md."),
    AfterValidator(_plain_path),
]
Ref = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, description="Branch, tag or SHA; the default branch if omitted."),
    AfterValidator(_plain_ref),
]
Branch = Annotated[str, Field(min_length=1, max_length=LONGEST, description="Branch name."), AfterValidator(_plain_ref)]
Tag = Annotated[str, Field(min_length=1, max_length=LONGEST, description="Tag name."), AfterValidator(_plain_ref)]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", description="Full SHA of a commit.")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1, description="Number of the issue or pull request.")]
NumberText = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,9}$", description="Number in the repository.")]
RunId = Annotated[int, Field(ge=1, le=2**53 - 1, description="Workflow run id.")]
JobId = Annotated[int, Field(ge=1, le=2**53 - 1, description="Job id from get_check_runs.")]
Login = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\[bot\])?$",
        description="Login, such as octocat or dependabot[bot].",
    ),
]
Label = Annotated[str, Field(pattern=r"^[^\x00-\x1f,]{1,50}$", description="Label name.")]
Query = Annotated[
    str,
    Field(
        min_length=1,
        max_length=256,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Words and GitHub search qualifiers, for example: parser language:python",
    ),
]
FromLine = Annotated[int, Field(ge=1, le=10_000_000, description="First line to show; continues after a cut.")]


class RepositoryName(NamedTuple):
    """A repository by the name that the caller gave."""

    owner: str
    repo: str

    @property
    def full(self) -> str:
        """``owner/repo``."""
        return f"{self.owner}/{self.repo}"
