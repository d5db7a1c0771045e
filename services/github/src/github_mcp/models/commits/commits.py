"""Commits, and the files they change."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from github_mcp.models.excerpts import part_from
from github_mcp.models.wire import Body, Code, Name, Wire, at, required_at
from servicekit.schema import Missing


def _ended(patch: Any) -> Any:
    """A patch whose last line ends with CRLF: GitHub leaves out the last line break, and with it half of this one."""
    return f"{patch}\n" if isinstance(patch, str) and patch.endswith("\r") else patch


class CommitSummary(Wire):
    """A commit in a list."""

    sha: str
    message: Body = required_at("commit", "message")
    author: Name | None = at("author", "login")
    author_name: Body | None = at("commit", "author", "name")
    committed_at: datetime | None = at("commit", "committer", "date")
    url: str | None = at("html_url")


class ChangedFile(Wire):
    """A file changed by a commit or pull request. Long patches are cut; binary and very large files have none."""

    path: Name = Field(validation_alias="filename")
    previous_path: Name | None = Field(default=None, validation_alias="previous_filename")
    status: Name | None = None
    additions: int | None = None
    deletions: int | None = None
    patch: Annotated[Code | None, BeforeValidator(_ended)] = None

    def shortened(self, budget: int, next_step: str = "") -> "ChangedFile":
        """The same file, with a patch of at most so many bytes. A cut one ends with how to read more."""
        part = part_from(self.patch, 1, budget) if self.patch is not None else None
        if part is None or not part.is_cut:
            return self
        words = f"[cut after line {part.last} of {part.total}{next_step}]"
        return self.model_copy(update={"patch": part.text + words})


class Commit(CommitSummary):
    """A whole commit."""

    parents: tuple[str, ...] = ()
    additions: int | None = at("stats", "additions")
    deletions: int | None = at("stats", "deletions")
    files: tuple[ChangedFile, ...] = ()
    missing: list[Missing] | None = None
    notice: str | None = None
