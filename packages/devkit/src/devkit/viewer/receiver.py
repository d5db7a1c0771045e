"""Receives OTLP over HTTP: protobuf or JSON, optionally gzip.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable
from typing import Any, Final, TypeVar

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

LARGEST_BODY: Final = 4 << 20
LARGEST_MESSAGE: Final = 16 << 20

_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
MEDIA_TYPES: Final = (_PROTOBUF, _JSON)
"""Of OTLP messages. The application refuses others before they come here."""
_IDENTIFIERS: Final = frozenset({"traceId", "spanId", "parentSpanId"})

Export = TypeVar("Export", bound=Message)


class _Rejected(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


async def receive(request: Request, kind: type[Export], keep: Callable[[Export], None]) -> Response:
    """Decode an export and pass it to `keep`. A message is accepted or refused as a whole."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        keep(_decoded(await _message_bytes(request), kind, media_type))
    except _Rejected as refusal:
        return PlainTextResponse(f"{refusal.reason}\n", refusal.status)
    # An empty message means full success.
    return Response("{}" if media_type == _JSON else b"", media_type=media_type)


async def _message_bytes(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _Rejected(413, f"The body is larger than {LARGEST_BODY} bytes.")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return bytes(body)
    if encoding != "gzip":
        raise _Rejected(415, "Content-Encoding must be gzip or identity.")
    gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        message = gzip.decompress(body, LARGEST_MESSAGE)
    except zlib.error:
        raise _Rejected(400, "The body is not gzip.") from None
    if not gzip.eof:
        full = len(message) == LARGEST_MESSAGE
        raise _Rejected(413 if full else 400, "The message is too large." if full else "The gzip body is cut off.")
    return message


def _decoded(message: bytes, kind: type[Export], media_type: str) -> Export:
    try:
        if media_type == _PROTOBUF:
            return kind.FromString(message)
        export = kind()
        json_format.ParseDict(_with_bytes(json.loads(message)), export, ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, ValueError, TypeError, AttributeError, RecursionError):
        raise _Rejected(400, f"The body is not an {kind.__name__}.") from None
    return export


def _with_bytes(value: Any) -> Any:
    """Convert trace and span ids from hexadecimal (OTLP's JSON) to base64 (protobuf's JSON)."""
    if isinstance(value, list):
        return [_with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _base64(item) if name in _IDENTIFIERS and isinstance(item, str) else _with_bytes(item)
        for name, item in value.items()
    }


def _base64(hexadecimal: str) -> str:
    try:
        return base64.b64encode(binascii.unhexlify(hexadecimal)).decode()
    except binascii.Error:
        raise ValueError("not hexadecimal") from None
