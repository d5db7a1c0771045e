"""Base of all models parsed from GitHub's JSON: unknown fields are ignored, missing ones are None."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BeforeValidator, ConfigDict, Field, model_validator

from github_mcp.models.effect_marks import without_mark
from servicekit.schema import Author, OneLine, Record, Untrusted


class Wire(Record):
    """A record parsed by GitHub's field names."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: Any) -> Any:
        """Treat null as missing: servers of GitHub's API differ in which of the two they send."""
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, Mapping) else data


def at(first: str, *path: str) -> Any:
    """A field at a path in GitHub's JSON; None if it is missing."""
    return Field(default=None, validation_alias=AliasPath(first, *path))


def required_at(first: str, *path: str) -> Any:
    """A required field at a path in GitHub's JSON."""
    return Field(validation_alias=AliasPath(first, *path))


def _author(record: Any) -> Author:
    """A record's author: GitHub ends the login of an App with [bot]. Without an author, it is of the repository."""
    if "author" not in type(record).model_fields:
        return "repository"
    return "bot" if (record.author or "").endswith("[bot]") else "user"


Name = Annotated[str, OneLine()]
"""A login, branch, path or label: on one line, not fenced."""
Title = Annotated[str, Untrusted(_author)]
Body = Annotated[str, Untrusted(_author)]
MarkedBody = Annotated[str, AfterValidator(without_mark), Untrusted(_author)]
"""A text in which a write of this server may have left its effect id."""
Code = Annotated[str, Untrusted("repository", verbatim=True)]
"""Text of a file, a diff or a log."""


def _names(value: object) -> object:
    """Labels, people and teams as their names; a team by its slug, which requests take."""
    if not isinstance(value, list):
        return ()
    found = [
        item.get("slug", item.get("name", item.get("login"))) if isinstance(item, dict) else item for item in value
    ]
    return tuple(name for name in found if isinstance(name, str))


Names = Annotated[tuple[Name, ...], BeforeValidator(_names)]
