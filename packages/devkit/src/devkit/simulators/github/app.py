"""The simulator as an ASGI application: authentication, rate limits, entity tags and headers around the routes."""

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from devkit.loopback.guard import Guard
from devkit.simulators.control import Control, RequestLog
from devkit.simulators.faults import FaultMiddleware, Faults
from devkit.simulators.github.api_request import ApiRequest, Urls
from devkit.simulators.github.control import LimitControl
from devkit.simulators.github.fault_responses import fault_response
from devkit.simulators.github.git_http import UPLOAD_PACK, GitHttp
from devkit.simulators.github.graphql.engine import answer as graphql_answer
from devkit.simulators.github.limits import RateLimits, headers, resource_of
from devkit.simulators.github.page import home_page
from devkit.simulators.github.raw_path import by_raw_path, without_marks
from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.responses import ApiError, ApiResponse, not_found
from devkit.simulators.github.routes import Handler, actions
from devkit.simulators.github.routes.tables import TABLES
from devkit.simulators.github.serializers.accounts import time_of
from devkit.simulators.github.variants import Variant
from devkit.simulators.github.world import World

_VERSIONS = ("2022-11-28", "2026-03-10")
_ENTERPRISE = "/api/v3"
_SIGNED_LOGS = "/_logs/{repository}/{job_id}"


class GitHubSimulator:
    """The simulator's ASGI application.

    Attributes:
        world: the simulated data.
        faults: faults to inject.
        request_log: the requests received.
        limits: the rate limits, which a test can use up.
        variant: another server of GitHub's API to simulate; None for github.com.
        routes: everything that it answers.
        observers: called with each request to the API and its handler, before it is answered.

    Args:
        hosts: further names under which it is reached, with port.
    """

    def __init__(self, world: World, variant: Variant | None = None, hosts: Collection[str] = ()) -> None:
        self.world = world
        self.variant = variant
        self.faults = Faults()
        self.request_log = RequestLog()
        self.limits = RateLimits()
        self.observers: list[Callable[[Handler, ApiRequest], None]] = []
        git, control = GitHttp(world), Control(self.faults, self.request_log)
        api = [
            Route(path, self._endpoint(handler), methods=[method])
            for table in TABLES
            for method, path, handler in table.TABLE
        ]
        api += [
            Route(_SIGNED_LOGS, self._endpoint(actions.signed_log)),
            Route("/rate_limit", self._endpoint(self._rate_limit), methods=["GET"]),
            Route("/graphql", self._endpoint(self._graphql), methods=["POST"]),
            Route("/repositories/{id}", self._by_id, methods=["GET"]),
            Route("/repositories/{id}/{rest:path}", self._by_id, methods=["GET"]),
            Route("/{path:path}", self._endpoint(nothing), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        self.routes: list[BaseRoute] = [
            Route("/", lambda request: home_page(request, world)),
            Route("/{owner}/{repo}/info/refs", git.advertise),
            Route("/{owner}/{repo}/git-upload-pack", git.upload_pack, methods=["POST"]),
            *control.routes,
            *LimitControl(self.limits, world).routes,
            Mount(_ENTERPRISE, routes=api),
            Route("/api/graphql", self._endpoint(self._graphql), methods=["POST"]),
            *api,
        ]
        faulty = FaultMiddleware(by_raw_path(Starlette(routes=self.routes)), self.faults, fault_response)
        media_types = {"/*/*/git-upload-pack": (UPLOAD_PACK,)}
        self._app = Guard(self.request_log.before(faulty), hosts=hosts, media_types=media_types)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _endpoint(self, handler: Handler) -> Any:
        async def endpoint(request: Request) -> Response:
            return await self._answer(request, handler)

        return endpoint

    async def _by_id(self, request: Request) -> Response:
        """Routes by repository id, the target of redirects from a former name."""
        number = request.path_params["id"]
        repository = self.world.by_id(int(number)) if number.isdecimal() else None
        if repository is None:
            return await self._answer(request, nothing)
        path = f"/repos/{repository.full_name}/{request.path_params.get('rest', '')}".rstrip("/")
        for table in TABLES:
            for method, template, handler in table.TABLE:
                match, child = Route(template, self._by_id, methods=[method]).matches(
                    {"type": "http", "path": path, "method": request.method}
                )
                if match.value == 2:
                    request.scope["path_params"] = child["path_params"]
                    return await self._answer(request, handler)
        return await self._answer(request, nothing)

    async def _answer(self, request: Request, handler: Handler) -> Response:
        """Handle a request: authentication, rate limit, route, entity tag, headers."""
        path = without_marks(request.scope["path"]).removeprefix(_ENTERPRISE)
        resource, identity, counted = resource_of(path), None, False
        try:
            token = _token(request)
            if not path.startswith("/_logs"):
                _require_client_headers(request)
                identity = self._identity(token, app=path.startswith("/app/"))
                if path != "/rate_limit" and resource != "graphql":
                    self.limits.require(identity, resource)
            asked = await self._read(request, path, identity, token)
            for observe in self.observers:
                observe(handler, asked)
            answer = handler(asked)
            response = answer if isinstance(answer, ApiResponse) else ApiResponse(answer)
            counted = path != "/rate_limit"
        except ApiError as error:
            response, counted = error.response, error.response.status != 401
        return self._respond(request, response, identity, resource, counted=counted)

    def _respond(
        self, request: Request, response: ApiResponse, identity: Identity | None, resource: str, *, counted: bool
    ) -> Response:
        if self.variant is not None:
            return self.variant.render(response)
        content = response.body if isinstance(response.body, bytes) else _encoded(response)
        own = {"X-GitHub-Request-Id": secrets.token_hex(8).upper(), "Server": "GitHub simulator", **response.headers}
        status = response.status
        if request.method == "GET" and status == 200:
            digest = hashlib.sha256(content + request.headers.get("authorization", "").encode()).hexdigest()
            tag = f'"{digest}"' if isinstance(response.body, bytes | str) else f'W/"{digest}"'
            own |= {"ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
            own["Vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"
            if tag.removeprefix("W/") in request.headers.get("if-none-match", ""):
                # An authenticated conditional request costs no quota (GitHub: best practices for the REST API).
                status, content, counted = 304, b"", identity is None
        window = self.limits.window(identity, resource)
        window.used += min(response.cost * counted, window.remaining)
        own |= headers(window, resource)
        if identity is not None and identity.scopes is not None:
            own["X-OAuth-Scopes"] = ", ".join(sorted(identity.scopes))
        own |= {"X-GitHub-Media-Type": "github.v3; format=json", "X-GitHub-Api-Version-Selected": _version(request)}
        return Response(content, status, own, response.media if content else None)

    async def _read(self, request: Request, path: str, identity: Identity | None, token: str | None) -> ApiRequest:
        raw = await request.body()
        body: Any = {}
        if raw:
            try:
                body = json.loads(raw)
            except ValueError:
                raise ApiError(400, "Problems parsing JSON") from None
            if not isinstance(body, dict):
                raise ApiError(400, "Body should be a JSON object")
        web = str(request.base_url).rstrip("/").removesuffix(_ENTERPRISE)
        api = f"{web}{_ENTERPRISE}" if request.scope["path"].startswith(_ENTERPRISE) else web
        values: Mapping[str, str] = {name: without_marks(value) for name, value in request.path_params.items()}
        accept = request.headers.get("accept", "")
        return ApiRequest(
            self.world,
            Urls(api, web),
            identity,
            values,
            request.query_params,
            body,
            accept,
            path,
            token,
            request.method,
            self.variant,
        )

    def _identity(self, token: str | None, *, app: bool) -> Identity | None:
        if token is None or app:
            return None
        identity = self.world.identities.get(token)
        if identity is None or (identity.expires_at is not None and identity.expires_at <= self.world.now()):
            raise ApiError(401, "Bad credentials")
        return identity

    def _rate_limit(self, request: ApiRequest) -> Any:
        """GET /rate_limit, which costs no quota."""
        if self.variant is not None:
            raise not_found()
        names = ("core", "search", "code_search", "graphql")
        resources = {name: self.limits.window(request.identity, name).as_json() for name in names}
        return {"resources": resources, "rate": resources["core"]}

    def _graphql(self, request: ApiRequest) -> Any:
        """POST /graphql, and /api/graphql of an Enterprise server."""
        if self.variant is not None:
            raise not_found()
        return graphql_answer(request, self.limits.window(request.identity, "graphql"))


def nothing(_: ApiRequest) -> Any:
    """Whatever has no route."""
    raise not_found()


def _token(request: Request) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value if scheme.lower() in ("bearer", "token") and value else None


def _require_client_headers(request: Request) -> None:
    """Refuse requests without the headers that GitHub requires."""
    if not request.headers.get("user-agent"):
        raise ApiError(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent")
    if _version(request) not in _VERSIONS:
        raise ApiError(400, "The requested API version is not supported.")


def _version(request: Request) -> str:
    return request.headers.get("x-github-api-version", _VERSIONS[0])


def _encoded(response: ApiResponse) -> bytes:
    if isinstance(response.body, str):
        return response.body.encode()
    with suppress(TypeError):
        return json.dumps(response.body, separators=(",", ":")).encode()
    return json.dumps(response.body, default=time_of).encode()
