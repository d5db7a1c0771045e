"""The methods by which a client learns what the server is: `initialize`, `ping` and `server/discover`.

The SDK answers them over stdio and in memory. Over HTTP every request stands alone, so their results are the same for
all clients of a revision and are made once, from the same parts of the SDK.
"""

from typing import Any, Final

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, LATEST_HANDSHAKE_VERSION, MODERN_PROTOCOL_VERSIONS

from servicekit.mcp.lists import LIST_TTL, SharedResult
from servicekit.mcp.messages import Message
from servicekit.mcp.methods import Found, Handler, Result
from servicekit.mcp.replies import COMPLETE

DISCOVERY_HINT: Final = CacheHint(ttl_ms=LIST_TTL, scope="public")


class Handshake:
    """The handshake of one server.

    Attributes:
        handlers: by method.
    """

    def __init__(self, server: Server[Any]) -> None:
        options = server.create_initialization_options()
        self._initialized = {
            version: SharedResult(
                _dumped(
                    types.InitializeResult(
                        protocol_version=version,
                        capabilities=options.capabilities,
                        server_info=server.server_info,
                        instructions=options.instructions,
                    )
                )
            )
            for version in HANDSHAKE_PROTOCOL_VERSIONS
        }
        discovered = types.DiscoverResult(
            supported_versions=list(MODERN_PROTOCOL_VERSIONS),
            capabilities=server.get_capabilities(protocol_version=MODERN_PROTOCOL_VERSIONS[-1]),
            instructions=server.instructions,
        )
        hint = {"ttlMs": DISCOVERY_HINT.ttl_ms, "cacheScope": DISCOVERY_HINT.scope}
        self._discovered = SharedResult({**_dumped(discovered), **hint, **COMPLETE})
        self._pong = SharedResult({})
        self.handlers: Final[dict[str, Handler]] = {
            "initialize": self._initialize,
            "ping": self._ping,
            "server/discover": self._discover,
        }

    async def _initialize(self, message: Message, _: Found) -> Result:
        """Agree on the revision that the client proposes, or on the latest with a handshake."""
        proposed = message.params["protocolVersion"]
        return self._initialized.get(proposed) or self._initialized[LATEST_HANDSHAKE_VERSION]

    async def _ping(self, _: Message, __: Found) -> Result:
        return self._pong

    async def _discover(self, _: Message, __: Found) -> Result:
        return self._discovered


def _dumped(result: types.Result) -> dict[str, Any]:
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)
