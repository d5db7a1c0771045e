"""A simulator of the shop's HTTP API, in a process of its own: real HTTP, made-up products."""

import asyncio
import json
from typing import Any, Final, cast
from urllib.parse import parse_qs

import httptools
import uvloop

from tests.system.bench.options import read_options

from .catalogue import product, search, total

_HEAD: Final = b"HTTP/1.1 %s\r\nserver: shop-simulator\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"


class Api(asyncio.Protocol):
    """One connection; httptools calls the `on_` methods."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._body = b"", b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        found = answer(self._url.decode(), self._body)
        status = b"404 Not Found" if found is None else b"200 OK"
        content = json.dumps(found).encode()
        self._transport.write(_HEAD % (status, len(content)) + content)


def answer(target: str, body: bytes) -> dict[str, Any] | None:
    """The JSON of one request; None where there is no such thing."""
    path, _, query = target.partition("?")
    if path == "/products/search":
        given = {name: values[0] for name, values in parse_qs(query).items()}
        prices = float(given["min_price"]), float(given["max_price"])
        return search(given["category"], *prices, int(given["limit"]))
    if path == "/cart/calculate":
        cart = json.loads(body)
        order = f"ORD-{cart['user_id']}-{len(cart['items'])}"
        return {"order_id": order, "user_id": cart["user_id"], "total": total(cart["items"])}
    name = path.removeprefix("/products/")
    return product(int(name)) if name.isdigit() else None


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(read_options()["port"]))
