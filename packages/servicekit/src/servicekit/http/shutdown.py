"""Graceful shutdown: its phases and their durations, which uvicorn, charts and compose take from here.

After SIGTERM, `/ready` fails and responses have `Connection: close` while requests are still served, so that proxies
move to other replicas. Then the server accepts no new connections, subscription streams end, and running calls finish
or are stopped with an error. Then components stop and telemetry is flushed. SIGINT, usually from a terminal, skips the
first phase. A second signal ends the process at once.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.health import Health
from servicekit.telemetry.setup import FLUSH_SECONDS

UNREADY_SECONDS: Final = 2.0
"""Seconds from SIGTERM until the listening socket closes."""
ACCEPT_SECONDS: Final = 1.0
"""Seconds, at most, to accept connections that were made before it closes."""
CALLS_SECONDS: Final = 8
"""Seconds for running calls and open streams to end."""
ANSWER_SECONDS: Final = 1.0
"""Seconds before the end of that phase at which running calls are stopped, so that their response is still sent."""
COMPONENTS_SECONDS: Final = 1.5
"""Seconds for all components to stop; the journal writes its queued entries."""
EXIT_SECONDS: Final = 15
"""Seconds from SIGTERM to the end of the process, at most, with reserve."""
TOTAL_SECONDS: Final = UNREADY_SECONDS + ACCEPT_SECONDS + CALLS_SECONDS + COMPONENTS_SECONDS + FLUSH_SECONDS

PRE_STOP_SECONDS: Final = 5
"""Seconds that an orchestrator waits before SIGTERM (`preStop`), while its proxies remove the endpoint."""
GRACE_SECONDS: Final = 25
"""Seconds until an orchestrator kills the process (`terminationGracePeriodSeconds`, `stop_grace_period`)."""


class ShutdownMiddleware:
    """Adds `Connection: close` to responses during shutdown. Plain ASGI.

    The head of a response is sent together with the first bytes of its body. Until then a proxy can retry the request
    on another replica if this one dies.
    """

    def __init__(self, app: ASGIApp, health: Health) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: Message | None = None

        async def send_together(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            if head is not None and (message.get("body") or not message.get("more_body")):
                if self._health.shutting_down:
                    head["headers"] = [*head.get("headers", ()), (b"connection", b"close")]
                await send(head)
                head = None
            if head is None:
                await send(message)

        await self._app(scope, receive, send_together)
