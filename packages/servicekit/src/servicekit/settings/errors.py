"""Errors in settings, described by environment variable, and in the files that settings name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings


class InvalidContent(ValueError):
    """The content of a file is invalid. The text gives the reason and quotes no value, which may be secret."""


class MissingSettings(ValueError):
    """Settings that another one's value makes necessary. Each is reported like a required one.

    Args:
        names: of the fields.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{', '.join(names)} missing")
        self.names = names


@dataclass(frozen=True)
class UnreadableFile:
    """Stands for the content of an unreadable file. No field accepts it, so validation reports it with other errors."""

    variable: str
    reason: str


def describe_errors(error: ValidationError, settings_type: type[BaseSettings]) -> list[str]:
    """One line per problem, starting with the variable. Values are left out, because any may be a secret."""
    prefix = settings_type.model_config.get("env_prefix", "")
    problems = error.errors(include_url=False)
    return list(dict.fromkeys(_line(prefix, problem, settings_type) for each in problems for problem in _parts(each)))


def _parts(problem: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A problem, or one for each setting that it is about."""
    reason = problem.get("ctx", {}).get("error")
    if isinstance(reason, MissingSettings):
        yield from ({"type": "missing", "loc": (name,), "msg": "", "input": None} for name in reason.names)
    else:
        yield problem


def _line(prefix: str, problem: Mapping[str, Any], settings_type: type[BaseSettings]) -> str:
    if isinstance(file := problem["input"], UnreadableFile):
        return f"{file.variable}: cannot read the file it names ({file.reason})."
    return f"{_variable(prefix, problem)}: {_words(problem)}{_hint(settings_type, problem)}"


def _variable(prefix: str, problem: Mapping[str, Any]) -> str:
    return f"{prefix}{problem['loc'][0] if problem['loc'] else '*'}".upper()


def _words(problem: Mapping[str, Any]) -> str:
    return "is required" if problem["type"] == "missing" else str(problem["msg"]).removeprefix("Value error, ")


def _hint(settings_type: type[BaseSettings], problem: Mapping[str, Any]) -> str:
    info = settings_type.model_fields.get(str(problem["loc"][0])) if problem["loc"] else None
    return f". {info.description}" if info is not None and info.description else ""
