"""JSON of results and errors, as each protocol revision has them. JSON-RPC 2.0 around them."""

import json
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp_types.methods import serialize_server_result
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic_core import PydanticSerializationError, to_json

from servicekit.core.off_loop import LARGE, off_loop
from servicekit.mcp.lists import SharedResult
from servicekit.schema.json_object import JsonObject

_PIECE: Final = 64 * 1024
_MODERN_ONLY: Final = ("resultType", "ttlMs", "cacheScope")


class ResultEncoder:
    """Encodes the results of one server.

    Args:
        server_info: name and version of the server, which results of 2026-07-28 carry in `_meta`.
    """

    def __init__(self, server_info: Mapping[str, Any]) -> None:
        self._stamp = {types.SERVER_INFO_META_KEY: dict(server_info)}

    async def encoded(self, method: str, protocol_version: str, result: Mapping[str, Any]) -> bytes:
        """The JSON of the `result` member, of a long one made in a thread."""
        return await off_loop(_volume(result), self.encode, method, protocol_version, result)

    def encode(self, method: str, protocol_version: str, result: Mapping[str, Any]) -> bytes:
        """The JSON of the `result` member. A shared result is encoded once for every revision."""
        if not isinstance(result, SharedResult):
            return self._encode_call(protocol_version, result)
        encoded = result.encoded.get(protocol_version)
        if encoded is None:
            shaped = serialize_server_result(method, protocol_version, result)
            encoded = result.encoded[protocol_version] = self._encode_call(protocol_version, shaped)
        return encoded

    def _encode_call(self, protocol_version: str, result: Mapping[str, Any]) -> bytes:
        """The members that the revision has. Other members are the same in all of them."""
        shaped = dict(result)
        content = shaped.get("structuredContent")
        if isinstance(content, JsonObject):
            del shaped["structuredContent"]
        if protocol_version in MODERN_PROTOCOL_VERSIONS:
            meta = shaped.get("_meta")
            shaped["_meta"] = {**meta, **self._stamp} if meta else self._stamp
        else:
            for name in _MODERN_ONLY:
                shaped.pop(name, None)
        encoded = dump_in_pieces(shaped) if _volume(result) >= LARGE else dump(shaped)
        if isinstance(content, JsonObject):
            return b'%b,"structuredContent":%b}' % (encoded[:-1], content.encoded)
        return encoded


def response(message_id: types.RequestId | None, member: str, encoded: bytes) -> bytes:
    """A JSON-RPC response from the JSON of its `result` or `error`."""
    return b'{"jsonrpc":"2.0","id":%b,"%b":%b}' % (to_json(message_id), member.encode(), encoded)


def error_member(error: MCPError) -> bytes:
    """The JSON of the `error` member of a response."""
    return dump(error.error.model_dump(mode="json", by_alias=True, exclude_none=True))


def _volume(result: Mapping[str, Any]) -> int:
    """Characters of the texts in a result of a call."""
    blocks = result.get("content") or result.get("contents") or ()
    return sum([len(block.get("text") or block.get("blob") or ()) for block in blocks])


def dump_in_pieces(value: Any) -> bytes:
    """The same as `dump`, without a long call into C."""
    kind = type(value)
    if kind is dict:
        members = [dump(name) + b":" + dump_in_pieces(item) for name, item in value.items()]
        return b"{" + b",".join(members) + b"}"
    if kind is list:
        return b"[" + b",".join(map(dump_in_pieces, value)) + b"]"
    if kind is str:
        pieces = [dump(value[at : at + _PIECE])[1:-1] for at in range(0, len(value), _PIECE)]
        return b'"' + b"".join(pieces) + b'"'
    return dump(value)


def dump(value: Any, *, in_ascii: bool = False) -> bytes:
    """JSON, with null for NaN and infinity."""
    try:
        return to_json(value, inf_nan_mode="null", ensure_ascii=in_ascii)
    except PydanticSerializationError:  # a lone surrogate: escaped in JSON, impossible in UTF-8
        return json.dumps(value).encode()
