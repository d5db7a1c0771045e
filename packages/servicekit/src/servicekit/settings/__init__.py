"""Settings: environment variables of a service, and files that it reloads."""

from servicekit.settings.audit_file import AuditFileSettings
from servicekit.settings.configuration_files import OwnFile, Source, read_files
from servicekit.settings.database import DatabaseSettings, PostgresUrl
from servicekit.settings.errors import InvalidContent, MissingSettings
from servicekit.settings.loading import load
from servicekit.settings.parsed_yaml import parse_yaml
from servicekit.settings.reloaded_file import ReloadedFile
from servicekit.settings.secret_file import SecretFile
from servicekit.settings.service import ServiceSettings
from servicekit.settings.urls import is_loopback
from servicekit.settings.words import TOOLSETS, Words

__all__ = [
    "TOOLSETS",
    "AuditFileSettings",
    "DatabaseSettings",
    "InvalidContent",
    "MissingSettings",
    "OwnFile",
    "PostgresUrl",
    "ReloadedFile",
    "SecretFile",
    "ServiceSettings",
    "Source",
    "Words",
    "is_loopback",
    "load",
    "parse_yaml",
    "read_files",
]
