"""Results of writes: numbers, ids and URLs, without text written by other people."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from github_mcp.models.identifiers import FilePath
from github_mcp.models.wire import Name, Names, Wire, at
from servicekit.registry import Preview
from servicekit.schema import Exact, FreeText, Missing, TextEdits

Text = Annotated[str, FreeText(60_000, "Markdown.")]
"""Markdown to write to GitHub, which accepts 65 536 characters; the effect id needs some of them."""


class WrittenIssue(Wire):
    """An issue that was opened or changed."""

    number: int
    url: str | None = at("html_url")
    state: str | None = None
    state_reason: str | None = None
    notice: str | None = None


class WrittenComment(Wire):
    """A comment that was added."""

    id: int
    url: str | None = at("html_url")


class WrittenPull(Wire):
    """A pull request that was opened or changed."""

    number: int
    url: str | None = at("html_url")
    head_sha: str | None = at("head", "sha")
    state: str | None = None
    draft: bool | None = None
    missing: list[Missing] | None = None


class WrittenReview(Wire):
    """A review that was submitted."""

    id: int
    state: str | None = None
    url: str | None = at("html_url")
    notice: str | None = None


class WrittenThread(BaseModel):
    """A thread of a review that was resolved, or opened again."""

    thread_id: int
    is_resolved: bool


class ReviewRequests(Wire):
    """The reviews that are requested now."""

    number: int
    requested_reviewers: Names = ()
    requested_teams: Names = ()


class BranchUpdate(BaseModel):
    """An update of a pull request's branch, which GitHub carries out within seconds."""

    number: int
    former_head_sha: str
    head_sha: str | None = None
    notice: str | None = None


class WrittenBranch(BaseModel):
    """A branch that was created, or that already pointed there."""

    branch: str
    sha: str


class WrittenCommit(BaseModel):
    """A commit that is now the head of a branch."""

    branch: str
    sha: str
    files: int
    notice: str | None = None


class WrittenRelease(Wire):
    """A release that was created."""

    id: int
    tag: str = Field(validation_alias="tag_name")
    url: str | None = at("html_url")


class Rerun(BaseModel):
    """A workflow run that runs again, or some of its jobs."""

    run_id: int
    attempt: int


class Cancelled(BaseModel):
    """A workflow run that GitHub was asked to stop, which takes it some seconds."""

    run_id: int
    state: Annotated[str, Field(description="cancelled, or cancelling until its jobs have stopped.")]


class StartedRun(BaseModel):
    """A workflow run that was started by hand. Its id is missing where GitHub does not show it yet."""

    workflow: str
    ref: str
    run_id: int | None = None
    url: str | None = None
    notice: str | None = None


class Merged(BaseModel):
    """A pull request that was merged."""

    number: int
    sha: Annotated[str, Field(description="SHA of the commit on the base branch.")]


_WHOLE_FILE: Final = "The complete new content; line endings stay as they are in the file."


class FileChange(BaseModel):
    """One file of a commit: its new content, edits of the present one, its new path, or its removal."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    path: FilePath
    edits: Annotated[TextEdits | None, Field(description="Changes of a present text file.")] = None
    content: Annotated[
        Annotated[str, FreeText(700_000, _WHOLE_FILE, shortest=0, blank=True)] | None, Exact(empty=True)
    ] = None
    delete: Annotated[bool, Field(description="Remove the file or folder.")] = False
    renamed_from: Annotated[FilePath | None, Field(description="File or folder to move here.")] = None
    base64: Annotated[bool, Field(description="For binary content.")] = False
    executable: Annotated[bool | None, Field(description="Unchanged if omitted.")] = None
    symlink: Annotated[bool | None, Field(description="`content` is the target of a link.")] = None

    @model_validator(mode="after")
    def _one_change(self) -> "FileChange":
        given = [self.edits is not None, self.content is not None, self.delete].count(True)
        if given > 1:
            raise ValueError("give one of `edits`, `content` or `delete` for a file, not several")
        if not given and self.executable is None and self.renamed_from is None:
            raise ValueError("needs `edits` (old and new text), `content` (the whole new text) or delete=true")
        if self.base64 and self.content is None:
            raise ValueError("`base64` says how `content` is encoded: give both, or leave it out")
        if self.renamed_from is not None and (self.delete or self.renamed_from == self.path):
            raise ValueError("`renamed_from` is the present path of a file, and `path` its new one: give both")
        if self.symlink and (self.base64 or self.executable or (self.content is None and self.edits is None)):
            raise ValueError("symlink=true makes a symbolic link: give its target as text in `content`")
        return self


class PublicWritePreview(Preview):
    """A write to a public repository by a caller who has read private ones."""

    repository: str
    private_sources: list[str]


class MergePreview(Preview):
    """The effect of a merge.

    Attributes:
        unmet: requirements that are not met.
        unknown: requirements of which it could not be seen whether they are met.
    """

    repository: str
    number: int
    head_sha: str
    base: Name
    method: str
    unmet: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
