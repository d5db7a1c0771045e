"""A second server of GitHub's API, which shares nothing with the simulator and has as little as the API allows.

An Enterprise-like base path; HTTP/1.0, or chunks; no ETag, no quota headers, no `Link`, or links to itself as it likes
to write them; long ids; null where a person or a repository is gone; errors with no body, or one that is not GitHub's.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .plain_answers import answer
from .plain_places import PlainServer
from .plain_wire import Answer

BASE = "/api/v3"
TOKEN = "another-token"


@contextmanager
def plain_server(*, links: bool = False, chunked: bool = False) -> Iterator[PlainServer]:
    """It, on a free port: HTTP/1.0 and a connection for each request, or HTTP/1.1 in chunks."""
    server = PlainServer()
    server.links = links

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1" if chunked else "HTTP/1.0"

        def _serve(self) -> None:
            target = urlsplit(self.path)
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            path = target.path.removeprefix(BASE)
            server.asked.append(f"{self.command} {path}")
            if not target.path.startswith(f"{BASE}/"):
                reply = Answer(404)
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                reply = Answer(401)
            else:
                query = dict(parse_qsl(target.query))
                reply = answer(server, self.command, path, query, body, self.headers.get("Accept", ""))
            lose, server.lose = server.lose, None
            if lose is not None and self.command == lose[0] and lose[1] in path:
                self.close_connection = True
                return
            server.lose = lose
            self._send(reply)

        def _send(self, reply: Answer) -> None:
            is_json = not isinstance(reply.body, bytes | None)
            content = json.dumps(reply.body).encode() if is_json else reply.body or b""
            self.send_response(reply.status)
            kind = {"Content-Type": "application/json"} if is_json else {}
            for name, value in {**kind, **reply.headers}.items():
                self.send_header(name, value)
            if chunked:
                self.send_header("Transfer-Encoding", "chunked")
                content = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(content)) + b"0\r\n\r\n"
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = _serve  # noqa: N815  # the names that it calls

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server.url = f"http://127.0.0.1:{listening.server_address[1]}{BASE}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def _parts(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]
