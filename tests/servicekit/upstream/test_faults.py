"""Upstreams that misbehave in every way a test could think of: what is said, and how often they were asked."""

import asyncio
import gzip

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from servicekit.core.errors import OutcomeUnknown
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import UpstreamFailed

from .conftest import SECRET, Make
from .scripted_host import Received, ScriptedHost, answer

pytestmark = pytest.mark.usefixtures("hurry")

NO_LENGTH = b"HTTP/1.1 200 OK\r\n\r\n"

FAULTS: dict[str, tuple[bytes, str, int]] = {
    # what is answered, what is said about it, how often it was asked
    "a 500": (answer({}, 500), "answered with HTTP 500", 3),
    "a 503 that wants an hour": (answer({}, 503, Retry_After="3600"), "try again in 3600 s", 1),
    "HTML with a 200": (answer(b"<html>please sign in</html>"), "not valid JSON", 1),
    "JSON that is cut": (answer(b'{"a": 1'), "not valid JSON", 1),
    "a duplicate key": (answer(b'{"a": 1, "a": 2}'), "not valid JSON", 1),
    "NaN": (answer(b'{"a": NaN}'), "not valid JSON", 1),
    "an empty body": (answer(b""), "not valid JSON", 1),
    "too few bytes": (answer({"a": 1}).replace(b"Length: 8", b"Length: 800"), "did not answer within", 3),
    "no HTTP at all": (b"220 mail.example ESMTP\r\n", "closed the connection", 3),
    "nothing": (b"", "closed the connection", 3),
    "a huge body": (answer(b'"' + b"x" * 200_000 + b'"'), "repeating the same request will not help", 1),
    "a huge body without a length": (NO_LENGTH + b'"' + b"x" * 200_000 + b'"', "sent a response of more than", 1),
    "a gzip bomb": (
        answer(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
        "sent a response of more than",
        1,
    ),
    "gzip that is not": (answer(b"plain", Content_Encoding="gzip"), "not valid JSON", 1),
    "gzip that is cut": (answer(gzip.compress(b"{}" * 99)[:-12], Content_Encoding="gzip"), "not valid JSON", 1),
    "an encoding that was not requested": (answer(b"{}", Content_Encoding="br"), "not valid JSON", 1),
    "a redirect to another host": (answer({}, 302, Location="http://169.254.169.254/x"), "redirected to an address", 1),
    "a redirect to another port": (answer({}, 302, Location="http://127.0.0.1:1/"), "redirected to an address", 1),
    "a redirect to a file": (answer({}, 302, Location="file:///etc/passwd"), "redirected to an address", 1),
    "a redirect with a password": (answer({}, 302, Location="//u:p@127.0.0.1/"), "redirected to an address", 1),
    "a redirect to what is no URL": (answer({}, 302, Location="/a\x01b"), "redirected to an address", 1),
    "a redirect longer than a URL": (answer({}, 302, Location="/" + "a" * 70_000), "redirected to an address", 1),
    "a redirect to letters that look like others": (
        answer({}, 302, Location="//127\xb70.0.1/"),
        "redirected to an address",
        1,
    ),
    "a redirect to nowhere": (answer({}, 301), "answered with HTTP 301", 1),
    "a choice": (answer({}, 300), "answered with HTTP 300", 1),
    "a 304 to an unconditional request": (answer(b"", 304), "answered with HTTP 304", 1),
    "more after the end of gzip": (
        answer(gzip.compress(b"{}") + b"x" * 200_000, Content_Encoding="gzip"),
        "sent a response of more than",
        1,
    ),
    "a redirect to itself": (answer({}, 301, Location="/again"), "redirected more than 3 times", 4),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_gets_a_sentence_and_bounded_retries(host: ScriptedHost, make: Make, fault: str) -> None:
    content, words, asked = FAULTS[fault]
    host.script = lambda _: content
    with pytest.raises(UpstreamFailed) as failed:
        await make().get(["shelves"])
    text = str(failed.value)
    assert words in text
    assert text.startswith("library of Babel ")
    assert SECRET not in text
    assert "127.0.0.1" not in text
    assert len(host.received) == asked


async def test_a_host_that_hangs_or_trickles_is_given_up(host: ScriptedHost, make: Make) -> None:
    upstream = make(timeout=0.5)
    host.hang()
    with pytest.raises(UpstreamFailed, match=r"did not answer within 0\.5 s"):
        await upstream.get(["shelves"])
    assert len(host.received) == 3

    host.chunks = 1
    host.script = lambda _: answer(b" " * 90_000 + b"{}")
    with pytest.raises(UpstreamFailed, match=r"did not answer within 0\.5 s"):
        await make(timeout=0.5).get(["shelves"])


async def test_a_host_that_is_not_there(free_port: int) -> None:
    upstream = Upstream("tests", "nobody", f"http://127.0.0.1:{free_port}", total_timeout=2.0)
    with pytest.raises(UpstreamFailed, match="nobody cannot be reached"):
        await upstream.send("POST", ["letters"], content={})
    await upstream.stop()


async def test_what_recovers_is_asked_again_and_answers(host: ScriptedHost, make: Make) -> None:
    host.in_turn(answer({}, 502), b"", answer({"books": 3}))
    reply = await make().get(["shelves"])
    assert reply.json() == {"books": 3}
    assert len(host.received) == 3


async def test_retry_after_is_waited_for_where_the_deadline_allows(host: ScriptedHost, make: Make) -> None:
    arrived: list[float] = []

    def script(_: Received) -> bytes:
        arrived.append(asyncio.get_running_loop().time())
        return answer({}, 503, Retry_After="1") if len(arrived) == 1 else answer({})

    host.script = script
    assert (await make().get(["shelves"])).ok
    assert arrived[1] - arrived[0] >= 1


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + b'{"books": 3}',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n" + b'{"books\r\n5\r\n": 3}\r\n0\r\n\r\n',
    ],
    ids=["HTTP/1.0 until the connection closes", "chunked"],
)
async def test_responses_without_content_length_are_read(host: ScriptedHost, make: Make, content: bytes) -> None:
    host.script = lambda _: content
    assert (await make().get(["shelves"])).json() == {"books": 3}


async def test_a_4xx_is_an_answer(host: ScriptedHost, make: Make) -> None:
    host.script = lambda _: answer({"message": "no such shelf"}, 404)
    reply = await make().get(["shelves"])
    assert (reply.status, reply.ok, reply.json()) == (404, False, {"message": "no such shelf"})


@pytest.mark.parametrize("content", [answer({}, 500), b"", answer(b"garbage")])
async def test_a_post_is_sent_once_and_its_outcome_is_unknown(host: ScriptedHost, make: Make, content: bytes) -> None:
    host.script = lambda _: content
    with pytest.raises(OutcomeUnknown):
        await make().send("POST", ["letters"], content={"to": "ann"})
    assert len(host.received) == 1
    assert host.received[0].body == b'{"to":"ann"}'


async def test_a_post_with_a_key_is_sent_again(host: ScriptedHost, make: Make) -> None:
    host.in_turn(answer({}, 500), answer({}, 201))
    reply = await make().send("POST", ["letters"], content={}, headers={"Idempotency-Key": "k"}, idempotent=True)
    assert reply.status == 201
    assert [request.headers["idempotency-key"] for request in host.received] == ["k", "k"]


async def test_a_post_is_not_redirected(host: ScriptedHost, make: Make) -> None:
    host.script = lambda _: answer({}, 307, Location="/elsewhere")
    with pytest.raises(OutcomeUnknown):
        await make().send("POST", ["letters"], content={})
    assert host.targets == [f"/letters?apikey={SECRET}"]


async def test_a_same_host_redirect_keeps_credentials(host: ScriptedHost, make: Make) -> None:
    host.in_turn(answer({}, 301, Location="/moved/here?page=2"), answer({"found": True}))
    assert (await make().get(["shelves"])).json() == {"found": True}
    assert host.targets[1] == f"/moved/here?page=2&apikey={SECRET}"
    assert host.received[1].headers["authorization"] == f"Bearer {SECRET}"


async def test_a_redirect_is_returned_when_not_followed(host: ScriptedHost, make: Make) -> None:
    host.script = lambda _: answer({}, 301, Location="/moved/here")
    upstream = make()
    assert (await upstream.get(["shelves"], follow=False)).status == 301
    assert (await upstream.send("POST", ["shelves"], content={}, follow=False)).status == 301
    assert len(host.received) == 2


@pytest.mark.parametrize("packed", [False, True])
async def test_of_a_long_answer_the_end_can_be_kept(host: ScriptedHost, make: Make, *, packed: bool) -> None:
    lines = [b"line %d\n" % number for number in range(30_000)]

    def script(_: Received) -> bytes:
        whole = b"".join(lines)
        return answer(gzip.compress(whole), Content_Encoding="gzip") if packed else answer(whole)

    host.script, host.chunks = script, 50_000
    upstream = make(timeout=5.0)
    reply = await upstream.get(["shelves"], json=False, end=True)
    assert reply.omitted_lines > 0
    assert reply.body == b"".join(lines[reply.omitted_lines :])
    assert 99_900 < len(reply.body) <= 100_000
    lines *= 2
    with pytest.raises(UpstreamFailed, match="sent a response of more than"):
        await upstream.get(["shelves"], json=False, end=True)


async def test_cookies_are_not_kept(host: ScriptedHost, make: Make) -> None:
    host.script = lambda _: answer({}, Set_Cookie="session=ann; Path=/")
    upstream = make()
    reply = await upstream.get(["shelves"])
    await upstream.get(["shelves"])
    assert "cookie" not in host.received[1].headers
    assert "set-cookie" not in reply.headers


async def test_the_trace_continues_at_the_host(host: ScriptedHost, make: Make) -> None:
    parent = SpanContext(
        0x0AF7651916CD43DD8448EB211C80319C, 0x00F067AA0BA902B7, is_remote=True, trace_flags=TraceFlags(1)
    )
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(parent)))
    try:
        await make().get(["shelves"])
    finally:
        context.detach(token)
    assert host.received[0].headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"


async def test_a_request_after_the_stop_is_refused(free_port: int) -> None:
    upstream = Upstream("tests", "nobody", f"http://127.0.0.1:{free_port}")
    await upstream.start()
    await upstream.stop()
    with pytest.raises(UpstreamFailed, match="this server is shutting down"):
        await upstream.send("POST", ["shelves"])
