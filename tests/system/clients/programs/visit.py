"""The visit of a browser, and where it comes back to."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def say(**line: Any) -> None:
    """One line of JSON for the runner."""
    print(json.dumps(line), flush=True)


class Visit:
    """Says which page to open, and waits until the browser is sent back."""

    def __init__(self) -> None:
        self._back: dict[str, str] = {}
        self._arrived = threading.Event()
        visit = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visit._back = dict(parse_qsl(urlsplit(self.path).query))
                self.send_response(200)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"Done")
                visit._arrived.set()

            def log_message(self, *_: Any) -> None: ...

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/callback"

    async def begin(self, url: str) -> None:
        self._arrived.clear()
        say(visit=url)

    async def end(self) -> Any:
        """The code and state, in the form of the SDK that is installed."""
        if not await asyncio.to_thread(self._arrived.wait, 60):
            raise TimeoutError("the browser did not come back")
        try:
            from mcp.client.auth.oauth2 import AuthorizationCodeResult
        except ImportError:
            return self._back["code"], self._back["state"]
        return AuthorizationCodeResult(code=self._back["code"], state=self._back["state"], iss=self._back["iss"])


class Storage:
    """The client's storage, in memory."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client_info: Any) -> None:
        self.client = client_info
