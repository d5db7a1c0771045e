"""The viewer as a web application: loopback only, without sign-in, in memory."""

import base64
import hashlib
import time
from collections.abc import Callable, Collection
from importlib.resources import files
from string import Template

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from devkit.loopback.guard import Guard
from devkit.viewer.api import Api
from devkit.viewer.receiver import MEDIA_TYPES

SCRIPTS = ("elements.js", "tables.js", "traces.js", "waterfall.js", "live.js")


def create_viewer(clock: Callable[[], float] = time.time, hosts: Collection[str] = ()) -> Starlette:
    """Assemble the viewer with empty memory. `hosts` are further names under which it is reached, with port."""
    page, headers = _page()

    async def show_page(_request: Request) -> Response:
        return HTMLResponse(page, headers=headers)

    return Starlette(
        routes=[Route("/", show_page), *Api(clock).routes()],
        middleware=[Middleware(Guard, hosts=hosts, media_types={"/v1/*": MEDIA_TYPES})],
    )


def _page() -> tuple[str, dict[str, str]]:
    """The page with inlined style and scripts, and headers that allow only these."""
    folder = files("devkit.viewer") / "page"
    style = (folder / "style.css").read_text(encoding="utf-8")
    script = "".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    frame = Template((folder / "index.html").read_text(encoding="utf-8"))
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return frame.substitute(style=style, script=script), headers


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
