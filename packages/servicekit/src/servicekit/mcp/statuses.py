"""How every outcome and every refusal is answered: HTTP status, JSON-RPC code, and whether a model reads it.

The one table for HTTP and stdio. In short:

- A tool call that fails for a reason that the model can act on is a result with `isError`, HTTP 200.
- Other methods have no such results: the failure is a JSON-RPC error. Its HTTP status follows its code as the MCP SDK
  maps codes in 2026-07-28 (`ERROR_CODE_HTTP_STATUS`); it is 200 in earlier revisions.
- A refusal that concerns the client more than its model has a status of its own in every revision.
- A body is a JSON-RPC error with the request's id as far as it was read. Only the OAuth challenges, 401 and 403 with
  `WWW-Authenticate`, have the body of RFC 6750 §3.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from servicekit.core.errors import Outcome
from servicekit.pipeline.request import Reply

UNAVAILABLE: Final = 503
"""JSON-RPC code of a failure that may pass. Own codes stay outside -32768..-32000 (MCP 2026-07-28, basic)."""
TOO_MANY: Final = 429
"""JSON-RPC code of a request from a caller that does not keep to its rate limit."""


@dataclass(frozen=True, slots=True)
class Status:
    """One row of the table.

    Attributes:
        code: the JSON-RPC error code.
        http: the HTTP status in every revision; None where it follows the code and the revision.
        tool_result: a tool call with this outcome is a result with `isError`, HTTP 200.
    """

    code: int
    http: int | None = None
    tool_result: bool = True


Row = Outcome | Literal[
    "scope_missing", "over_limit",
    "too_many_headers", "two_lengths", "two_hosts", "no_host", "other_host", "other_origin",
    "unauthenticated", "too_many_failures", "issuer_unreachable",
    "method_not_allowed", "media_type", "not_acceptable", "unknown_toolset",
    "body_too_large", "body_too_slow", "not_json", "not_a_message",
]  # fmt: skip

STATUSES: Final[Mapping[Row, Status]] = {
    # Outcomes of a call.
    "refused": Status(types.INVALID_PARAMS),
    "invalid_arguments": Status(types.INVALID_PARAMS),
    "denied": Status(types.INVALID_PARAMS),  # by policy: 200 for a tool, as another credential would not help
    "scope_missing": Status(types.INVALID_PARAMS, 403, tool_result=False),  # denied, and a new token would help
    "rate_limited": Status(TOO_MANY, 429),
    "over_limit": Status(TOO_MANY, 429, tool_result=False),  # rate limited, and the caller does not wait
    "shed": Status(UNAVAILABLE, 503, tool_result=False),
    "declined": Status(types.INVALID_PARAMS),
    "unavailable": Status(UNAVAILABLE),
    "deadline": Status(UNAVAILABLE),
    "crash": Status(types.INTERNAL_ERROR),
    "cancelled": Status(types.INTERNAL_ERROR),
    "invalid_request_state": Status(types.INVALID_PARAMS, tool_result=False),
    "capability_missing": Status(types.MISSING_REQUIRED_CLIENT_CAPABILITY, tool_result=False),
    # Refusals of the head, before there is a caller.
    "too_many_headers": Status(types.INVALID_REQUEST, 431),
    "two_lengths": Status(types.INVALID_REQUEST, 400),
    "two_hosts": Status(types.INVALID_REQUEST, 400),
    "no_host": Status(types.INVALID_REQUEST, 400),
    "other_host": Status(types.INVALID_REQUEST, 421),
    "other_origin": Status(types.INVALID_REQUEST, 403),
    # Refusals of the credential.
    "unauthenticated": Status(types.INVALID_REQUEST, 401),
    "too_many_failures": Status(TOO_MANY, 429),
    "issuer_unreachable": Status(UNAVAILABLE, 503),
    # Refusals of the request and its body.
    "method_not_allowed": Status(types.INVALID_REQUEST, 405),
    "media_type": Status(types.INVALID_REQUEST, 415),
    "not_acceptable": Status(types.INVALID_REQUEST, 406),
    "unknown_toolset": Status(types.INVALID_REQUEST, 400),
    "body_too_large": Status(types.INVALID_REQUEST, 413),
    "body_too_slow": Status(types.INVALID_REQUEST, 408),
    "not_json": Status(types.PARSE_ERROR, 400),
    "not_a_message": Status(types.INVALID_REQUEST, 400),
}


class ReplyError(MCPError):
    """A reply that is no result: of a resource or prompt that failed, or a refusal that concerns the client."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.status = status_of(reply)
        super().__init__(self.status.code, reply.text, reply.meta or None)


def status_of(reply: Reply) -> Status:
    """The row of a failed reply."""
    if reply.denial is not None and reply.denial.missing_scopes:
        return STATUSES["scope_missing"]
    if reply.decision is not None and reply.decision.over_limit:
        return STATUSES["over_limit"]
    return STATUSES[reply.outcome]


def is_tool_result(reply: Reply, *, modern: bool, over_http: bool) -> bool:
    """Whether the failed reply to a tool call is a result with `isError`, and not a JSON-RPC error."""
    status = status_of(reply)
    if status.tool_result:
        return True
    if status.http is not None:
        return not over_http  # stdio has no statuses, so the model reads it
    return not modern  # earlier revisions have no codes for these failures


def http_status(error: MCPError, protocol_version: str) -> int:
    """The HTTP status of a JSON-RPC error in reply to a request."""
    if isinstance(error, ReplyError) and error.status.http is not None:
        return error.status.http
    if error.error.code == types.HEADER_MISMATCH:
        return 400
    return ERROR_CODE_HTTP_STATUS.get(error.error.code, 200) if protocol_version in MODERN_PROTOCOL_VERSIONS else 200
