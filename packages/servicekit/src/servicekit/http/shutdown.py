"""How a server stops, and every number of it: what uvicorn, charts and compose are told comes from here.

SIGTERM: `/ready` fails and answers say `Connection: close`, while everything is still served, so that proxies move on
before a door is shut. Then no new connections; subscription streams end gracefully; running calls finish, or are given
up with words; then components stop and telemetry is flushed. SIGINT, from a terminal where no proxy waits, skips the
notice. A second signal ends the process at once.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from servicekit.core.health import Health
from servicekit.telemetry.setup import FLUSH_SECONDS

UNREADY_SECONDS: Final = 2.0
"""Seconds between SIGTERM and the closed door."""
ACCEPT_SECONDS: Final = 1.0
"""Seconds more, at most, in which connections are taken that were made before it closed."""
CALLS_SECONDS: Final = 8
"""Seconds that running calls and open streams then have."""
ANSWER_SECONDS: Final = 1.0
"""Seconds before their end at which calls are given up, so that the answer that says so still gets out."""
COMPONENTS_SECONDS: Final = 1.5
"""Seconds that the components have together: the journal writes down what waits."""
EXIT_SECONDS: Final = 15
"""Seconds from SIGTERM to the end of the process, at most."""
TOTAL_SECONDS: Final = UNREADY_SECONDS + ACCEPT_SECONDS + CALLS_SECONDS + COMPONENTS_SECONDS + FLUSH_SECONDS

PRE_STOP_SECONDS: Final = 5
"""Seconds that an orchestrator waits before SIGTERM (`preStop`): its proxies learn of the end at the same time."""
GRACE_SECONDS: Final = 25
"""Seconds after which an orchestrator kills (`terminationGracePeriodSeconds`, `stop_grace_period`)."""


class ShutdownMiddleware:
    """Asks clients and proxies to come back on another connection, while the server is about to stop. Plain ASGI.

    A head goes out with the first bytes of its body, and not before: as long as a proxy has seen nothing of an answer,
    it may ask another replica instead, and a call whose replica died is lost to nobody.
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
