"""An issuer with scripted answers, over real HTTP."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from devkit.issuer.keys import KeyPair, mint
from tests.servicekit.apps.general_app import READ
from tests.servicekit.conftest import Site

Answer = tuple[int, dict[str, str], bytes]
OAUTH, OIDC, KEYS = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/jwks"


@dataclass
class ScriptedIssuer:
    """A real HTTP server that publishes what a test says, and counts who asks."""

    url: str = ""
    answers: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    """Of each request, with names in lower case."""
    bodies: list[bytes] = field(default_factory=list[bytes])
    """Of each POST request."""
    delay: float = 0.0
    """Seconds before the answer to a POST request."""

    def publish(self, *keys: Any, path: str = KEYS) -> None:
        entries = [key.jwk() if isinstance(key, KeyPair) else key for key in keys]
        self.say(path, {"keys": entries})

    def say(self, path: str, document: Any, status: int = 200, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers[path] = lambda: (status, headers, body)

    def token(self, key: KeyPair, site: Site, **changes: Any) -> str:
        return mint(key, issuer=self.url, audience=site.endpoint, scopes=[READ], **changes)


@contextmanager
def scripted(port: int = 0) -> Iterator[ScriptedIssuer]:
    issuer = ScriptedIssuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            issuer.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = issuer.answers.get(self.path, lambda: (404, {}, b""))()
            self.send_response_only(status)
            for name, value in {"Date": self.date_time_string(), **headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return

        def do_POST(self) -> None:
            issuer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            time.sleep(issuer.delay)
            self.do_GET()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        issuer.say(OAUTH, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}{KEYS}"})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
