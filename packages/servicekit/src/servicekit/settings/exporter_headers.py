"""The headers for a collector, which OpenTelemetry itself reads from the environment."""

import os
from urllib.parse import unquote


def exporter_headers(signal: str) -> dict[str, str]:
    """The headers of a signal's exports: ``name=value,name=value`` with URL-encoded values.

    Args:
        signal: ``TRACES``, ``METRICS`` or ``LOGS``; its own variable replaces the common one.
    """
    own, common = f"OTEL_EXPORTER_OTLP_{signal}_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"
    pairs = (pair.partition("=") for pair in (os.environ.get(own) or os.environ.get(common, "")).split(","))
    return {unquote(name).strip(): unquote(value).strip() for name, equals, value in pairs if equals}
