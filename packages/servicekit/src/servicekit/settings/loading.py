"""Reads the settings of a process at its start."""

import sys
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from servicekit.settings.errors import describe_errors
from servicekit.settings.secret_values import secret_values
from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.redaction import configure_secrets

Settings = TypeVar("Settings", bound=ServiceSettings)


def load(settings_type: type[Settings], **flags: Any) -> Settings:
    """The settings of this process. If they are invalid, prints every problem and exits with status 2.

    Their secrets are masked from here on in whatever this process records.

    Args:
        flags: settings from the command line, which take precedence over the environment.
    """
    try:
        settings = settings_type(**flags)
    except ValidationError as error:
        _fail(describe_errors(error, settings_type))
    configure_secrets(secret_values(settings))
    return settings


def _fail(problems: list[str]) -> NoReturn:
    lines = "\n".join(f"  {problem}" for problem in problems)
    sys.stderr.write(f"Invalid settings:\n{lines}\n")
    raise SystemExit(2)
