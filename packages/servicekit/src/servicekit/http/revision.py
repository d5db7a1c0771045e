"""The protocol revision of a message, and the routing headers of 2026-07-28, as the SDK validates them."""

from collections.abc import Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import (
    MCP_METHOD_HEADER,
    MCP_NAME_HEADER,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
    x_mcp_header_map,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_MODERN_VERSION
from starlette.datastructures import Headers

from servicekit.http.head import Head
from servicekit.registry.registry import Registry

_DEFAULT: Final = types.DEFAULT_NEGOTIATED_VERSION
"""The revision of a request without `MCP-Protocol-Version` (MCP 2025-11-25, Streamable HTTP)."""
_HEADERS: Final = tuple(
    (name, name.encode()) for name in (MCP_PROTOCOL_VERSION_HEADER, MCP_METHOD_HEADER, MCP_NAME_HEADER)
)
_HANDSHAKE: Final = {version.encode(): version for version in HANDSHAKE_PROTOCOL_VERSIONS}


class Revisions:
    """Reads the revision of messages."""

    def __init__(self, registry: Registry) -> None:
        schemas = {name: tool.arguments.schema for name, tool in registry.tools.items()}
        self._mirrored = {name: schema for name, schema in schemas.items() if x_mcp_header_map(schema)}
        """Schemas of tools with arguments that clients mirror in headers."""

    def stated(self, head: Head) -> str:
        """The revision that a head states, whether it is served or not: statuses of errors follow it."""
        stated = head.fields.get(_HEADERS[0][1])
        return _DEFAULT if stated is None else _HANDSHAKE.get(stated, LATEST_MODERN_VERSION)

    def of(self, head: Head, message: Mapping[str, Any]) -> str:
        """The protocol revision of a message. A header that names no revision with a handshake means a later one.

        Raises:
            MCPError: the revision is not served, or headers and body disagree.
        """
        stated = head.fields.get(_HEADERS[0][1])
        if stated is None:
            return _DEFAULT
        if (earlier := _HANDSHAKE.get(stated)) is not None:
            if _HEADERS[0][1] in head.repeated and "method" in message:  # a gateway may read the other one
                raise MCPError(types.HEADER_MISMATCH, f"{_HEADERS[0][0]} header appears more than once")
            return earlier
        version = stated.decode("latin-1")
        if "method" not in message:
            raise MCPError(types.INVALID_REQUEST, "A client sends no responses in this protocol revision.")
        if "id" not in message:
            _raise(unsupported_protocol_version_rejection(version))
            return version
        if head.repeated and (name := find_duplicated_routing_header((name.decode(), "") for name in _names(head))):
            raise MCPError(types.HEADER_MISMATCH, f"{name} header appears more than once")
        headers = {name: head.fields[key].decode("latin-1") for name, key in _HEADERS if key in head.fields}
        _raise(classify_inbound_request(message, headers=headers))
        if self._mirrored and message["method"] == "tools/call":
            self._check_mirrored(head, message["params"])
        return version

    def _check_mirrored(self, head: Head, params: Mapping[str, Any]) -> None:
        name, arguments = params.get("name"), params.get("arguments")
        schema = self._mirrored.get(name) if isinstance(name, str) else None
        if schema is not None and isinstance(arguments, Mapping | None):
            _raise(validate_mcp_param_headers(schema, arguments or {}, Headers(scope=head.scope)))


def _names(head: Head) -> list[bytes]:
    return [name for name, _ in head.scope["headers"]]


def _raise(rejection: object) -> None:
    if isinstance(rejection, InboundLadderRejection):
        raise MCPError(rejection.code, rejection.message, rejection.data)
