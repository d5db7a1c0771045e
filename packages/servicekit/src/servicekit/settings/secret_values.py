"""The secrets among the settings of a process, to be masked in whatever it records."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote

from pydantic import BaseModel, SecretStr

from servicekit.settings.database_parameters import InvalidDatabaseUrl
from servicekit.settings.database_url import read_database_url
from servicekit.settings.redis_url import parse_redis_url

_EXPORTER_HEADERS: Final = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}HEADERS" for signal in ("", "TRACES_", "METRICS_", "LOGS_")
)
"""Variables that OpenTelemetry itself reads: ``name=value,name=value`` with URL-encoded values."""


def secret_values(settings: BaseModel) -> frozenset[str]:
    """Secret settings, URLs with a password, and the credentials for a collector."""
    values = [getattr(settings, name) for name in type(settings).model_fields]
    return frozenset([*_secrets_in(values), *_exporter_credentials()])


def _secrets_in(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, SecretStr):
            yield from (value.get_secret_value(), *_secrets_in_url(value.get_secret_value()))
        elif isinstance(value, tuple | list):
            yield from _secrets_in(value)
        elif isinstance(value, str) and "://" in value and "@" in value:
            yield value


def _secrets_in_url(value: str) -> Iterator[str]:
    """The passwords in the URL of a store, wherever it has them."""
    if value.startswith("postgres"):
        with suppress(InvalidDatabaseUrl):
            yield from read_database_url(value).secrets
    elif value.startswith(("redis", "unix")):
        with suppress(ValueError):
            yield parse_redis_url(value).password


def _exporter_credentials() -> Iterator[str]:
    for variable in _EXPORTER_HEADERS:
        for header in os.environ.get(variable, "").split(","):
            value = unquote(header.partition("=")[2]).strip()
            yield from (value, *value.split()[1:])  # the credential after its scheme, too
