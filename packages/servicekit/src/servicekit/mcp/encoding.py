"""JSON of results and errors, as each protocol revision has them. JSON-RPC 2.0 around them."""

import json
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.methods import serialize_server_result
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic_core import PydanticSerializationError, to_json

from servicekit.mcp.lists import SharedResult

_MODERN_ONLY: Final = ("resultType", "ttlMs", "cacheScope")


class ResultEncoder:
    """Encodes the results of one server.

    Args:
        server_info: name and version of the server, which results of 2026-07-28 carry in `_meta`.
    """

    def __init__(self, server_info: Mapping[str, Any]) -> None:
        self._server_info = dict(server_info)

    def encode(self, method: str, protocol_version: str, result: Mapping[str, Any]) -> bytes:
        """The JSON of the `result` member. A shared result is encoded once for every revision."""
        if not isinstance(result, SharedResult):
            return dump(self._shaped(protocol_version, result))
        encoded = result.encoded.get(protocol_version)
        if encoded is None:
            shaped = self._shaped(protocol_version, serialize_server_result(method, protocol_version, result))
            encoded = result.encoded[protocol_version] = dump(shaped)
        return encoded

    def _shaped(self, protocol_version: str, result: Mapping[str, Any]) -> dict[str, Any]:
        """The members that the revision has. Other members are the same in all of them."""
        if protocol_version in MODERN_PROTOCOL_VERSIONS:
            meta = {**result.get("_meta", {}), types.SERVER_INFO_META_KEY: self._server_info}
            return {**result, "_meta": meta}
        return {name: value for name, value in result.items() if name not in _MODERN_ONLY}


def response(message_id: types.RequestId | None, member: str, encoded: bytes) -> bytes:
    """A JSON-RPC response from the JSON of its `result` or `error`."""
    return b'{"jsonrpc":"2.0","id":%b,"%b":%b}' % (to_json(message_id), member.encode(), encoded)


def error_member(error: MCPError) -> bytes:
    """The JSON of the `error` member of a response."""
    return dump(error.error.model_dump(mode="json", by_alias=True, exclude_none=True))


def dump(value: Any, *, in_ascii: bool = False) -> bytes:
    """JSON, with null for NaN and infinity."""
    try:
        return to_json(value, inf_nan_mode="null", ensure_ascii=in_ascii)
    except PydanticSerializationError:  # a lone surrogate: escaped in JSON, impossible in UTF-8
        return json.dumps(value).encode()
