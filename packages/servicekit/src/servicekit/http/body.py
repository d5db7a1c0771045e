"""The body of a request: one JSON-RPC message, read within bounds of size."""

import re
from typing import Any, Final

from starlette.types import Receive

from servicekit.core.off_loop import off_loop
from servicekit.core.strict_json import NotStrictJson, parse
from servicekit.http.head import Head
from servicekit.http.refusal import Refusal
from servicekit.settings.service import ServiceSettings

_METHOD: Final = re.compile(r"[A-Za-z0-9_./\-]{1,128}")
MAX_ID: Final = 256
"""Characters of a JSON-RPC id. It returns with every response, and stands in logs and spans."""
_LARGEST_ID: Final = 10**MAX_ID
_LENGTH_DIGITS: Final = 18


class BodyReader:
    """Reads the messages of one server.

    Attributes:
        timeout: seconds in which a body has to arrive.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._max_bytes = settings.max_body_bytes
        self.timeout = settings.body_timeout

    async def read(self, head: Head, receive: Receive) -> dict[str, Any]:
        """The JSON-RPC message of a request.

        Raises:
            Refusal: the body is too large, no strict JSON, or no JSON-RPC message.
        """
        declared = head.fields.get(b"content-length", b"0")
        if not declared.isdigit() or len(declared) > _LENGTH_DIGITS or int(declared) > self._max_bytes:
            raise self._too_large()
        body = await self._collect(receive)
        try:
            message = await off_loop(len(body), parse, body)
        except NotStrictJson as error:
            raise Refusal("not_json", str(error)) from None
        if problem := _envelope_problem(message):
            raise Refusal("not_a_message", problem, message_id=_id_of(message))
        checked: dict[str, Any] = message
        return checked

    async def _collect(self, receive: Receive) -> bytes:
        """The whole body; empty where the client disconnected, whatever part of it came."""
        event = await receive()
        chunk: bytes = event.get("body", b"")
        if not event.get("more_body", False) and len(chunk) <= self._max_bytes:
            return chunk
        chunks, size = [chunk], len(chunk)
        while size <= self._max_bytes:
            if not event.get("more_body", False):
                return b"".join(chunks)
            event = await receive()
            if event["type"] == "http.disconnect":
                return b""
            chunks.append(event.get("body", b""))
            size += len(chunks[-1])
        raise self._too_large()

    def _too_large(self) -> Refusal:
        # The connection stays open: a reset would reach a client that is still sending before this response.
        return Refusal("body_too_large", f"The body is larger than {self._max_bytes} bytes.")


def _envelope_problem(message: Any) -> str | None:
    """Why a value is not one JSON-RPC 2.0 message, without quoting it; None where it is one."""
    if isinstance(message, list):
        return "Send one JSON-RPC message, not a list: this server takes no batches."
    if not isinstance(message, dict):
        return "Send a JSON-RPC message: an object with jsonrpc, id, method and params."
    if message.get("jsonrpc") != "2.0":
        return 'jsonrpc must be "2.0".'
    if "id" in message and (problem := _id_problem(message["id"])):
        return problem
    if "method" in message:
        method = message["method"]
        if not isinstance(method, str):
            return "method must be a string."
        if _METHOD.fullmatch(method) is None:  # the SDK quotes unknown names in its errors
            return "method must be a plain name of at most 128 characters, such as tools/call."
        if not isinstance(message.get("params"), dict | None):
            return "params must be an object."
        return None
    return None if "result" in message or "error" in message else "method is missing."


def _id_problem(message_id: Any) -> str | None:
    if isinstance(message_id, bool) or not isinstance(message_id, str | int):
        return "id must be a string or an integer."
    is_long = len(message_id) > MAX_ID if isinstance(message_id, str) else abs(message_id) >= _LARGEST_ID
    return f"id must have at most {MAX_ID} characters." if is_long else None


def _id_of(message: Any) -> str | int | None:
    """The id of a message that may be invalid; None where there is no valid one."""
    message_id = message.get("id") if isinstance(message, dict) else None
    return None if message_id is None or _id_problem(message_id) else message_id
