"""The HTTP client of one upstream: one request within bounds of time and size, in a span of its own."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Protocol

import httpx2
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from servicekit.core.strict_json import NotStrictJson
from servicekit.settings.urls import is_loopback
from servicekit.telemetry.instruments import upstream_duration
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.body import ACCEPTED_ENCODING, BodyTooLarge, UndecodableBody, read_body, stream_body
from servicekit.upstream.http.credentials import Credential
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import retry_after
from servicekit.upstream.http.url import Origin

MAX_REDIRECTS: Final = 3
_CONNECT_TIMEOUT: Final = 3.0
_LONGEST_WAIT: Final = 20.0  # seconds for a free connection
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_IMPLEMENTED: Final = 501
_REDIRECT_REFUSED: Final = "redirected to an address that this server does not call"
_tracer = trace.get_tracer("servicekit.upstream")


class Sink(Protocol):
    """Takes a body in pieces."""

    def feed(self, piece: bytes) -> bool:
        """Take the next bytes; False if no more are needed."""
        ...


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request without its credential.

    Attributes:
        url: made by `Origin`.
        cost: its cost in the upstream's quota.
        resource: the quota that it counts against, where the upstream has several.
        expects_json: a success that is not strict JSON is a failure.
        idempotent: sending it twice has the same effect as once.
        check: raises `KeyError`, `ValueError` or `TypeError` for unusable JSON, which is neither cached nor returned.
        follow: follow redirects; False returns a redirect within the host.
        end: keep only the end of a body that is too large.
        into: makes what takes the body of a success in pieces, once for each attempt. The body is not kept then.
        most: the largest such body, in bytes.
        timeout: seconds for the request, instead of the transport's.
        status_in: the HTTP status that the JSON of a success stands for, where a protocol reports failures in it.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes | None = None
    cost: float = 1.0
    resource: str = ""
    expects_json: bool = True
    idempotent: bool = True
    check: Callable[[Any], object] | None = None
    follow: bool = True
    end: bool = False
    into: Callable[[], Sink] | None = None
    most: int = 0
    timeout: float | None = None
    status_in: Callable[[Any], int] | None = None


class HttpTransport:
    """The HTTP client of one upstream.

    Args:
        name: the upstream's display name.
        timeout: seconds for one request, with redirects and body.
        max_bytes: the largest body after decompression, in bytes.
        connections: the largest number of open connections.
        agent: the value of User-Agent.
    """

    def __init__(
        self, name: str, origin: Origin, *, timeout: float, max_bytes: int, connections: int, agent: str
    ) -> None:
        self._name, self._origin = name, origin
        self._timeout, self._max_bytes = timeout, max_bytes
        self._limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._free = asyncio.Semaphore(connections)
        self._agent = agent
        self._opened: httpx2.AsyncClient | None = None
        self._stopped = False

    def start(self) -> None:
        """Create the HTTP client, so that the first request does not wait for it."""
        self._stopped = False
        self._client()

    def _client(self) -> httpx2.AsyncClient:
        if self._stopped:
            raise self._failed(
                "was not called: this server is shutting down", "stopped", sent=False, trips_breaker=False
            )
        if self._opened is None:
            self._opened = httpx2.AsyncClient(
                limits=self._limits,
                timeout=httpx2.Timeout(self._timeout, connect=min(_CONNECT_TIMEOUT, self._timeout)),
                follow_redirects=False,
                cookies=CookieJar(
                    DefaultCookiePolicy(allowed_domains=[])
                ),  # callers share this client, so it keeps no cookies
                trust_env=not is_loopback(self._origin.host),  # a proxy cannot reach a loopback address
                headers={"User-Agent": self._agent, "Accept-Encoding": ACCEPTED_ENCODING},
            )
        return self._opened

    async def stop(self) -> None:
        """Close every connection. Later requests fail with the kind ``stopped``."""
        self._stopped = True
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def send(self, request: UpstreamRequest, credential: Credential, resend: int = 0) -> UpstreamResponse:
        """Send one request.

        Args:
            resend: how many times the same request was sent before.

        Raises:
            UpstreamFailed: no usable response.
        """
        self._client()
        async with self._connection():
            return await self._send_recorded(request, credential, resend)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        """A free connection for the block. The wait for it is not the upstream's, whose time begins afterwards."""
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._free.acquire()
        except TimeoutError:
            raise self._failed(
                "has no free connection: too many requests from this server are running",
                "pool",
                sent=False,
                trips_breaker=False,
            ) from None
        try:
            yield
        finally:
            self._free.release()

    async def _send_recorded(self, request: UpstreamRequest, credential: Credential, resend: int) -> UpstreamResponse:
        """Send a request, in a span."""
        started = time.perf_counter()
        with _tracer.start_as_current_span(
            request.method, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            outcome: dict[str, Any] = {"error.type": "cancelled"}
            try:
                response = await self._send(request, credential)
                outcome = {"http.response.status_code": response.status}
                if response.status >= 400:
                    outcome["error.type"] = str(response.status)
            except UpstreamFailed as failure:
                outcome = {"error.type": failure.kind}
                if failure.kind.isdecimal():
                    outcome["http.response.status_code"] = int(failure.kind)
                raise
            finally:
                self._record(span, request, resend, outcome, time.perf_counter() - started)
        return response

    def _record(
        self, span: Span, request: UpstreamRequest, resend: int, outcome: dict[str, Any], seconds: float
    ) -> None:
        """Record metrics and span attributes (OpenTelemetry conventions for HTTP clients)."""
        attributes = {"http.request.method": request.method, "server.address": self._origin.host, **outcome}
        upstream_duration.record(seconds, attributes)
        if span.is_recording():
            span.set_attributes({**attributes, "server.port": self._origin.port})
            # Without the query, which may contain a key or the caller's search terms.
            span.set_attribute("url.full", request.url.partition("?")[0])
            if resend:
                span.set_attribute("http.request.resend_count", resend)
            if "error.type" in outcome:
                span.set_status(Status(StatusCode.ERROR))

    async def _send(self, request: UpstreamRequest, credential: Credential) -> UpstreamResponse:
        """Send the request and map errors of the HTTP client to `UpstreamFailed`."""
        seconds = request.timeout or self._timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request, credential)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError):
            raise self._failed("cannot be reached", "connect", sent=False) from None
        except (TimeoutError, httpx2.TimeoutException):
            raise self._failed(f"did not answer within {seconds:.3g} s", "timeout") from None
        except httpx2.HTTPError:
            raise self._failed("closed the connection before its response was complete", "transport") from None
        except BodyTooLarge:
            most = request.most or self._max_bytes
            words = f"sent a response of more than {most} bytes, which is too large"
            raise self._failed(words, "too_large", retryable=False, trips_breaker=False) from None
        except (UndecodableBody, NotStrictJson):
            raise self._failed("sent a body that is not valid JSON", "invalid_body", retryable=False) from None

    async def _follow(self, request: UpstreamRequest, credential: Credential) -> UpstreamResponse:
        url, own = request.url, True
        for _ in range(MAX_REDIRECTS + 1):
            response, location = await self._send_once(request, url, credential if own else None)
            if location is None:
                return self._checked(request, await response.prepared() if request.expects_json else response)
            target = self._origin.redirected(url, location)
            if target is not None and target[1] and not request.follow:
                return response
            if target is None or not request.follow or request.method not in ("GET", "HEAD"):
                raise self._failed(_REDIRECT_REFUSED, "redirect", retryable=False, trips_breaker=False)
            url, own = target[0], own and target[1]
        raise self._failed(
            f"redirected more than {MAX_REDIRECTS} times", "redirect", retryable=False, trips_breaker=False
        )

    async def _send_once(
        self, request: UpstreamRequest, url: str, credential: Credential | None
    ) -> tuple[UpstreamResponse, str | None]:
        """The response, and the target of its redirect."""
        headers = dict(request.headers)
        if credential is not None:
            propagate.inject(headers)
            headers.update(credential.headers)
        target = httpx2.URL(url)
        if credential is not None and credential.query:
            target = target.copy_merge_params(credential.query)
        async with self._client().stream(request.method, target, headers=headers, content=request.content) as response:
            location = response.headers.get("location") if response.status_code in _REDIRECTS else None
            body, omitted_lines = b"", 0
            sink, is_whole = None, True
            if location is None and request.into is not None and response.is_success:
                sink = request.into()
                is_whole = await stream_body(response, sink.feed, request.most)
            elif location is None:
                body, omitted_lines = await read_body(response, self._max_bytes, end=request.end)
        kept = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
        found = UpstreamResponse(
            response.status_code, kept, body, time.time(), omitted_lines=omitted_lines, sink=sink, is_whole=is_whole
        )
        return found, location

    def _checked(self, request: UpstreamRequest, response: UpstreamResponse) -> UpstreamResponse:
        if response.status >= 500:
            after = retry_after(response.headers, time.time())
            failed = response.status != _NOT_IMPLEMENTED  # which says that the host works, and has no such method
            raise self._failed(
                f"answered with HTTP {response.status}",
                str(response.status),
                retry_after=after,
                sent=failed,
                retryable=failed,
                trips_breaker=failed,
            )
        confirmed = response.status == 304 and "If-None-Match" in request.headers
        if response.status < 400 and not response.ok and not confirmed:
            raise self._failed(f"answered with HTTP {response.status}", str(response.status), retryable=False)
        if request.expects_json and response.ok and response.status != 204:
            self._check(request, response.json())
            if request.status_in is not None:
                return self._as_stated(response, request.status_in(response.json()))
        return response

    def _as_stated(self, response: UpstreamResponse, status: int) -> UpstreamResponse:
        """The response with the status that its content states. Its host works, so no failure trips the breaker."""
        if status >= 500:
            after = retry_after(response.headers, time.time())
            raise self._failed("could not process the request", "stated", retry_after=after, trips_breaker=False)
        return replace(response, status=status)

    def _check(self, request: UpstreamRequest, content: Any) -> None:
        try:
            if request.check is not None:
                request.check(content)
        except (KeyError, ValueError, TypeError):
            words = "sent JSON without the expected structure"
            raise self._failed(words, "invalid_body", retryable=False, trips_breaker=False) from None

    def _failed(self, reason: str, kind: str, **details: Any) -> UpstreamFailed:
        return UpstreamFailed(self._name, reason, kind=kind, **details)
