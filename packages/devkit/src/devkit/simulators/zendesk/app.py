"""The simulator as an ASGI application: authentication, limits and headers around the routes."""

import json
import secrets
from collections.abc import Collection
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from devkit.loopback.guard import ANY_TYPE, LOOPBACK_NAMES, Guard
from devkit.simulators.control import Control, RequestLog
from devkit.simulators.faults import FaultMiddleware, Faults
from devkit.simulators.zendesk.api_request import ApiRequest, Urls
from devkit.simulators.zendesk.authentication import user_of
from devkit.simulators.zendesk.control import SwitchControl
from devkit.simulators.zendesk.fault_responses import fault_response
from devkit.simulators.zendesk.idempotency import IdempotencyKeys
from devkit.simulators.zendesk.limits import RateLimits
from devkit.simulators.zendesk.page import home_page
from devkit.simulators.zendesk.responses import ApiError, ApiResponse, invalid_endpoint
from devkit.simulators.zendesk.routes import Handler
from devkit.simulators.zendesk.routes.attachments import download
from devkit.simulators.zendesk.routes.tables import TABLES
from devkit.simulators.zendesk.serializers.times import json_value
from devkit.simulators.zendesk.world import World

_API = "/api/v2"
_UPLOADS = (f"{_API}/uploads", f"{_API}/uploads.json")


class ZendeskSimulator:
    """The simulator's ASGI application.

    Attributes:
        world: the simulated desk.
        faults: faults to inject.
        request_log: the requests received.
        limits: the rate limits, which a test can use up.
        routes: everything that it answers.

    Args:
        hosts: further names under which it is reached, with port. Its links then begin with https.
    """

    def __init__(self, world: World, hosts: Collection[str] = ()) -> None:
        self.world = world
        self.faults = Faults()
        self.request_log = RequestLog()
        self.limits = RateLimits(world)
        self._idempotency = IdempotencyKeys(world)
        api = [
            Route(f"{_API}{path}{suffix}", self._endpoint(handler), methods=[method])
            for table in TABLES
            for method, path, handler in table.TABLE
            for suffix in (".json", "")
        ]
        everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        self.routes: list[BaseRoute] = [
            Route("/", lambda request: home_page(request, world)),
            Route("/attachments/token/{token}/", lambda request: download(request, world)),
            Route("/attachments/token/{token}", lambda request: download(request, world)),
            *Control(self.faults, self.request_log).routes,
            *SwitchControl(world).routes,
            *api,
            Route("/{path:path}", self._endpoint(_nothing), methods=everything),
        ]
        faulty = FaultMiddleware(Starlette(routes=self.routes), self.faults, fault_response)
        media_types = dict.fromkeys(_UPLOADS, (ANY_TYPE,))
        self._app = Guard(self.request_log.before(faulty), hosts=hosts, media_types=media_types)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _endpoint(self, handler: Handler) -> Any:
        async def endpoint(request: Request) -> Response:
            return self._answer(request, handler, await request.body())

        return endpoint

    def _answer(self, request: Request, handler: Handler, content: bytes) -> Response:
        self.world.run_due_jobs()
        try:
            user = user_of(request.headers.get("authorization"), self.world)
            self.limits.take()
            path = request.scope["path"].removeprefix(_API).removesuffix(".json")
            asked = ApiRequest(
                self.world,
                self.limits,
                self._idempotency,
                _urls(request),
                user,
                request.path_params,
                request.query_params,
                {} if request.scope["path"] in _UPLOADS else _object(content),
                content,
                request.headers,
                path,
            )
            answer = handler(asked)
            response = answer if isinstance(answer, ApiResponse) else ApiResponse(answer)
        except ApiError as error:
            response = error.response
        own = {"Server": "Zendesk simulator", "X-Request-Id": secrets.token_hex(16), **self.limits.headers()}
        headers = own | response.headers
        if response.body is None:
            return Response(b"", response.status, headers)
        body = response.body if isinstance(response.body, bytes) else _encoded(response.body)
        return Response(body, response.status, headers, response.media)


def _urls(request: Request) -> Urls:
    """The addresses of links, on the host that the client used."""
    host = request.headers["host"]
    scheme = "http" if host.rpartition(":")[0] in LOOPBACK_NAMES or host in LOOPBACK_NAMES else "https"
    return Urls(f"{scheme}://{host}{_API}", f"{scheme}://{host}")


def _object(content: bytes) -> dict[str, Any]:
    if not content:
        return {}
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(422, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"})
    return body


def _encoded(body: Any) -> bytes:
    return json.dumps(body, default=json_value, separators=(",", ":"), ensure_ascii=False).encode()


def _nothing(_: ApiRequest) -> Any:
    """Every path without a route."""
    raise invalid_endpoint()
