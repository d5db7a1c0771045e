"""The portal as a web application: loopback only, without a sign-in of its own."""

import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devkit.loopback.guard import Guard
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings
from devkit.viewer.api import Api
from devkit.viewer.page_files import TELEMETRY, viewer_files
from devkit.viewer.receiver import MEDIA_TYPES
from devkit.workspace.services import ServiceDescription
from servicekit.portal.files import File, portal_files
from servicekit.portal.server_page import DOCUMENT

_TITLE = "Fleet of MCP servers"
_BODY = """<section class="card intro"><h2>Fleet of MCP servers</h2>
<p>This page needs JavaScript. Without it: <code>make connect</code> prints how to connect a client.</p></section>"""


def create_portal(
    settings: DevkitSettings, services: Sequence[ServiceDescription], clock: Callable[[], float] = time.time
) -> Starlette:
    """Assemble the portal of these servers, with empty memory of telemetry.

    Args:
        clock: seconds since 1970.
    """
    home = f"http://{LOOPBACK}:{settings.portal_port}/"
    issuer = f"http://{LOOPBACK}:{settings.issuer_port}"
    document = {
        "home": home,
        "telemetry": f"/{TELEMETRY}",
        "servers": [{"name": one.name, "title": one.title, "document": f"{one.url}/{DOCUMENT}"} for one in services],
    }
    files = portal_files(
        _TITLE,
        _BODY,
        documents={"portal.json": document},
        servers=[issuer, *(one.url for one in services)],
        links=[(TELEMETRY, "Telemetry"), (f"{issuer}/", "Issuer")],
    )
    return portal_app(files, clock, settings.hosts)


def portal_app(
    files: Mapping[str, File], clock: Callable[[], float] = time.time, hosts: Collection[str] = ()
) -> Starlette:
    """The application that serves these files, by path, and the telemetry viewer."""
    pages = {**files, **viewer_files()}
    return Starlette(
        routes=[*(Route(f"/{path}", _serving(file)) for path, file in pages.items()), *Api(clock).routes()],
        middleware=[Middleware(Guard, hosts=hosts, pages=("/", f"/{TELEMETRY}"), media_types={"/v1/*": MEDIA_TYPES})],
    )


def _serving(file: File) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return Response(file.content, headers=dict(file.headers))

    return serve
