"""Composes services as objects. Every service has `<name>_mcp.settings` and `<name>_mcp.app`."""

from importlib import import_module
from typing import Any

from servicekit.server import Service
from servicekit.settings import DatabaseSettings, ServiceSettings

PLACEHOLDER = "postgresql://placeholder@127.0.0.1/placeholder"


def settings_type_of(name: str) -> type[ServiceSettings]:
    """The settings class of a service: ``OrdersSettings`` in ``orders_mcp.settings``."""
    found: type[ServiceSettings] = getattr(import_module(f"{name}_mcp.settings"), f"{name.capitalize()}Settings")
    return found


def has_audit_file(name: str) -> bool:
    """Whether a service always keeps its audit trail in a file, and not in a database."""
    settings = settings_type_of(name)
    return "audit_file" in settings.model_fields and not issubclass(settings, DatabaseSettings)


def compose(name: str, settings: dict[str, Any]) -> Service:
    """Build a service with its own composition root."""
    service: Service = import_module(f"{name}_mcp.app").build(settings_type_of(name)(**settings))
    return service


def compose_to_describe(name: str) -> Service:
    """Build a service to read its tools and settings; required settings are placeholders and it opens no connection."""
    settings: dict[str, Any] = {
        field: PLACEHOLDER
        for field, info in settings_type_of(name).model_fields.items()
        if info.is_required() or field in ("reader_url", "writer_url")
    }
    return compose(name, settings | {"public_url": "http://127.0.0.1/mcp", "issuer": "http://127.0.0.1"})
