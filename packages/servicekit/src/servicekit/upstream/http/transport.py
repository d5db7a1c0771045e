"""One request and its answer over HTTP: bounded in time and size, in a span of its own, on one host."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx2
from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from servicekit.core.strict_json import NotStrictJson
from servicekit.settings.service import is_loopback
from servicekit.telemetry.instruments import upstream_duration
from servicekit.upstream.errors import UpstreamFailed
from servicekit.upstream.http.body import ACCEPTED_ENCODING, BodyTooLarge, UndecodableBody, read_body
from servicekit.upstream.http.credentials import Credential
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import retry_after
from servicekit.upstream.http.url import Origin

MOST_REDIRECTS: Final = 3
_CONNECT_TIMEOUT: Final = 3.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_tracer = trace.get_tracer("servicekit.upstream")


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request, complete but for the credential.

    Attributes:
        url: made by `Origin`.
        cost: what it takes from the upstream's quota.
        resource: which of its quotas, where there are several.
        expects_json: a success that is not strict JSON is a failure.
        idempotent: sending it twice does no more than sending it once.
        check: raises `KeyError`, `ValueError` or `TypeError` for JSON that is not what it should be, which is then
            neither kept nor given out.
        end: of an answer that is too large its end is enough.
        follow: go where a redirect leads; False gives one within the host to the caller, for whom the address matters.
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


class HttpTransport:
    """The HTTP client of one upstream.

    Args:
        name: the upstream, as people call it.
        timeout: seconds that one exchange may take, redirects and body included.
        largest: bytes of body that are read at most, after decompression.
        connections: how many at once.
        agent: the User-Agent.
    """

    def __init__(
        self, name: str, address: Origin, *, timeout: float, largest: int, connections: int, agent: str
    ) -> None:
        self._name, self._address = name, address
        self._timeout, self._largest = timeout, largest
        self._limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._agent = agent
        self._opened: httpx2.AsyncClient | None = None
        self._stopped = False

    def start(self) -> None:
        """Make the client: that takes a while, which no request should be charged for."""
        self._stopped = False
        self._client()

    def _client(self) -> httpx2.AsyncClient:
        if self._stopped:
            raise self._failed("is not asked any more: this server stops", "stopped", sent=False, unwell=False)
        if self._opened is None:
            self._opened = httpx2.AsyncClient(
                limits=self._limits,
                timeout=httpx2.Timeout(self._timeout, connect=min(_CONNECT_TIMEOUT, self._timeout)),
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # one caller's cookie is never another's
                trust_env=not is_loopback(self._address.host),  # no proxy of the environment reaches this machine
                headers={"User-Agent": self._agent, "Accept-Encoding": ACCEPTED_ENCODING},
            )
        return self._opened

    async def stop(self) -> None:
        """Close every connection. Whoever asks after that is told."""
        self._stopped = True
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.aclose()

    async def send(self, request: UpstreamRequest, credential: Credential, resend: int = 0) -> UpstreamResponse:
        """One exchange.

        Args:
            resend: how often the same request was sent before.

        Raises:
            UpstreamFailed: no answer, or none that can be used.
        """
        self._client()
        started = time.perf_counter()
        with _tracer.start_as_current_span(
            request.method, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            outcome: dict[str, Any] = {"error.type": "cancelled"}
            try:
                reply = await self._exchange(request, credential)
                outcome = {"http.response.status_code": reply.status}
                if reply.status >= 400:
                    outcome["error.type"] = str(reply.status)
            except UpstreamFailed as failure:
                outcome = {"error.type": failure.kind}
                if failure.kind.isdecimal():
                    outcome["http.response.status_code"] = int(failure.kind)
                raise
            finally:
                self._note(span, request, resend, outcome, time.perf_counter() - started)
        return reply

    def _note(self, span: Span, request: UpstreamRequest, resend: int, outcome: dict[str, Any], seconds: float) -> None:
        """The exchange in metrics and in its span (OpenTelemetry conventions for HTTP clients)."""
        attributes = {"http.request.method": request.method, "server.address": self._address.host, **outcome}
        upstream_duration.record(seconds, attributes)
        if span.is_recording():
            span.set_attributes({**attributes, "server.port": self._address.port})
            # Without the query, which may hold a key, or what a caller is looking for.
            span.set_attribute("url.full", request.url.partition("?")[0])
            if resend:
                span.set_attribute("http.request.resend_count", resend)
            if "error.type" in outcome:
                span.set_status(Status(StatusCode.ERROR))

    async def _exchange(self, request: UpstreamRequest, credential: Credential) -> UpstreamResponse:
        """What goes wrong on the wire, in words."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(request, credential)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError):
            raise self._failed("cannot be reached", "connect", sent=False) from None
        except httpx2.PoolTimeout:
            raise self._failed("has too many requests of ours under way", "pool", sent=False, unwell=False) from None
        except (TimeoutError, httpx2.TimeoutException):
            raise self._failed(f"did not answer within {self._timeout:g} s", "timeout") from None
        except httpx2.HTTPError:
            raise self._failed("broke off in the middle of its answer", "transport") from None
        except BodyTooLarge:
            words = f"sent more than the {self._largest} bytes that are read of an answer"
            raise self._failed(words, "too_large", again=False, unwell=False) from None
        except (UndecodableBody, NotStrictJson):
            raise self._failed("sent something that is not the JSON it should be", "garbage", again=False) from None

    async def _follow(self, request: UpstreamRequest, credential: Credential) -> UpstreamResponse:
        url, own = request.url, True
        for _ in range(MOST_REDIRECTS + 1):
            reply, location = await self._once(request, url, credential if own else None)
            if location is None:
                return self._judged(request, reply)
            target = self._address.redirected(url, location)
            if target is not None and target[1] and not request.follow:
                return reply
            if target is None or not request.follow or request.method not in ("GET", "HEAD"):
                raise self._failed("redirected to where this server does not go", "redirect", again=False, unwell=False)
            url, own = target[0], own and target[1]
        raise self._failed("redirected again and again", "redirect", again=False, unwell=False)

    async def _once(
        self, request: UpstreamRequest, url: str, credential: Credential | None
    ) -> tuple[UpstreamResponse, str | None]:
        """One answer as it stands, and where it redirects to."""
        headers = dict(request.headers)
        if credential is not None:
            propagate.inject(headers)
            headers.update(credential.headers)
        target = httpx2.URL(url)
        if credential is not None and credential.query:
            target = target.copy_merge_params(credential.query)
        async with self._client().stream(request.method, target, headers=headers, content=request.content) as response:
            location = response.headers.get("location") if response.status_code in _REDIRECTS else None
            body, left_out = b"", 0
            if location is None:
                body, left_out = await read_body(response, self._largest, end=request.end)
        kept = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
        return UpstreamResponse(response.status_code, kept, body, time.time(), left_out=left_out), location

    def _judged(self, request: UpstreamRequest, reply: UpstreamResponse) -> UpstreamResponse:
        if reply.status >= 500:
            after = retry_after(reply.headers, time.time())
            raise self._failed(f"answered with HTTP {reply.status}", str(reply.status), retry_after=after)
        confirmed = reply.status == 304 and "If-None-Match" in request.headers
        if reply.status < 400 and not reply.ok and not confirmed:
            raise self._failed(f"answered with HTTP {reply.status}", str(reply.status), again=False)
        if request.expects_json and reply.ok and reply.status != 204:
            self._check(request, reply.json())
        return reply

    def _check(self, request: UpstreamRequest, content: Any) -> None:
        try:
            if request.check is not None:
                request.check(content)
        except (KeyError, ValueError, TypeError):
            words = "sent JSON that is not what it should be"
            raise self._failed(words, "garbage", again=False, unwell=False) from None

    def _failed(self, reason: str, kind: str, **details: Any) -> UpstreamFailed:
        return UpstreamFailed(self._name, reason, kind=kind, **details)
