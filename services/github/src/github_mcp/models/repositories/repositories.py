"""Repositories, branches and files."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasPath, Field

from github_mcp.models.wire import Body, Code, Name, Names, Wire, at, required_at
from servicekit.schema import Excerpt


class RepositoryFacts(Wire):
    """Name, visibility and default branch, which every access checks first."""

    full_name: str
    private: bool = True
    default_branch: Name = "main"
    fork: bool = False


class RepositorySummary(Wire):
    """A repository in a list."""

    full_name: Name
    private: bool = True
    description: Body | None = None
    language: Name | None = None
    default_branch: Name | None = None
    topics: Names = ()
    stars: int | None = at("stargazers_count")
    open_issues: int | None = at("open_issues_count")
    archived: bool | None = None
    pushed_at: datetime | None = None
    url: str | None = at("html_url")


class Branch(Wire):
    """A branch and the SHA of its head."""

    name: Name
    sha: str = required_at("commit", "sha")
    protected: bool | None = None


class Entry(Wire):
    """A file or directory in a listing. `size` is in bytes."""

    path: Name
    type: Name
    size: int | None = None
    sha: str | None = None


class CodeMatch(Wire):
    """A file that matches a code search."""

    repository: Name = required_at("repository", "full_name")
    private: bool = Field(default=True, validation_alias=AliasPath("repository", "private"))
    path: Name
    fragments: tuple[Code, ...] = ()


ContentType = Literal["file", "binary", "directory", "symlink", "submodule", "lfs"]


class Contents(Excerpt):
    """A file, or the entries of a directory.

    Text runs from `first_line` to `last_line` of `total_lines`; a range of bytes is text, or base64 of other files.
    """

    repository: str
    path: str
    ref: Annotated[str, Field(description="Branch, tag or commit it was read at.")]
    type: ContentType
    target: Annotated[
        Name | None, Field(description="Target of a symbolic link, URL of a submodule, hash of a file in LFS.")
    ] = None
    size: Annotated[int | None, Field(description="In bytes.")] = None
    stored_size: Annotated[int | None, Field(description="Bytes of the file in LFS storage.")] = None
    sha: Annotated[str | None, Field(description="SHA of the blob, or of a submodule's commit.")] = None
    text: Code | None = None
    base64: Code | None = None
    first_line: int | None = None
    last_line: int | None = None
    total_lines: Annotated[int | None, Field(description="Omitted if a large file was not read to its end.")] = None
    first_byte: int | None = None
    last_byte: int | None = None
    entries: list[Entry] | None = None
    notice: str | None = None
