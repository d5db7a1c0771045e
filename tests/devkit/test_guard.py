"""What web pages of other sites cannot do to portal, simulators and issuer: every route of each."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.routing import BaseRoute, Mount, Route

from devkit.issuer.app import create_issuer
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.keys import KeyPair
from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.portal.app import portal_app
from devkit.simulators.github.app import GitHubSimulator
from devkit.simulators.github.seed import seed
from devkit.simulators.github.world import World
from devkit.simulators.registry import SIMULATORS
from devkit.simulators.weather.app import WeatherSimulator
from devkit.simulators.zendesk.app import ZendeskSimulator
from devkit.simulators.zendesk.seed import seed as seed_desk
from devkit.simulators.zendesk.world import World as Desk
from servicekit.portal.files import portal_files

CLIENT_PATHS = {
    "/token", "/revoke", "/introspect", "/register", "/jwks", "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
}  # fmt: skip
"""The issuer's API for web clients on this machine."""
LINKED = {
    "portal": {"/", "/telemetry"},
    "issuer": {"/", "/authorize"},
    "github": {"/"},
    "weather": {"/"},
    "zendesk": {"/"},
}
OTHER_MEDIA = ("text/plain", "multipart/form-data; boundary=x", "application/xml", "", "application/jsonx", "text/json")
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
HOSTS = (
    "evil.example", "evil.example:{port}", "127.0.0.1", "localhost", "127.0.0.1:1", "0.0.0.0:{port}",
    "127.0.0.2:{port}", "localhost.:{port}", "LOCALHOST:{port}", "127.1:{port}", "localhost:{port}.evil.example",
    "user@localhost:{port}", "[::ffff:127.0.0.1]:{port}", "::1:{port}", "portal:{port}",
)  # fmt: skip
ORIGINS = (
    "https://evil.example", "null", "http://evil.example:{port}", "http://localhost:{port}.evil.example", "file://",
    "http://localhost@evil.example", "https://localhost:{port}", "http://192.0.2.1", "http://127.0.0.1:{port}/", "",
)  # fmt: skip
UPLOADS = {"/api/v2/uploads", "/api/v2/uploads.json"}
"""They take any file, and only with a credential that no page can add."""
ONE_PLACE = {"https://localhost:{port}"}  # an origin of this machine, which is open on the issuer's client paths


@dataclass(frozen=True)
class Surface:
    """One server, its routes, and its state as a value that can be compared."""

    name: str
    url: str
    routes: list[tuple[str, str]]
    state: Callable[[], Any]
    client: httpx2.Client

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def send(self, method: str, path: str, **headers: str) -> httpx2.Response:
        content = b"{}" if method in CHANGING else None
        return self.client.request(method, path, content=content, headers=headers)


def listed(routes: list[BaseRoute], prefix: str = "") -> list[tuple[str, str]]:
    """Every method and path, with its parameters filled in."""
    found = []
    for route in routes:
        if isinstance(route, Mount):
            found += listed(route.routes, prefix + route.path)
        else:
            assert isinstance(route, Route), "a kind of route that this test does not know"
            path = prefix + re.sub(r"\{[^}]+\}", "1", route.path)
            found += [(method, path) for method in route.methods or () if method != "OPTIONS"]
    return list(dict.fromkeys(found))


@contextmanager
def surface(name: str, folder: Path, **options: Any) -> Iterator[Surface]:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        if name == "issuer":
            memory = folder / "issuer.json"
            configuration = IssuerConfiguration(url, ("orders:read",), "secret")
            app: Any = create_issuer(configuration, KeyPair.generate(), memory=memory, **options)
            state: Callable[[], Any] = lambda: memory.exists() and memory.read_bytes()  # noqa: E731
        elif name == "portal":
            app = portal_app(portal_files("Fleet", "", documents={"portal.json": {}}), **options)
            state = lambda: client.get("/api/version").json()  # noqa: E731
        else:
            made: dict[str, Callable[[], Any]] = {
                "weather": lambda: WeatherSimulator(**options),
                "github": lambda: GitHubSimulator(seed(World(folder)), **options),
                "zendesk": lambda: ZendeskSimulator(seed_desk(Desk()), **options),
            }
            simulator = app = made[name]()
            state = lambda: (list(simulator.request_log.requests), list(simulator.faults.pending))  # noqa: E731
        with serving_in_thread(app, listener), httpx2.Client(base_url=url, trust_env=False, timeout=10) as client:
            yield Surface(name, url, listed(app.routes), state, client)


NAMES = ("portal", "issuer", *SIMULATORS)


@pytest.fixture(scope="module", params=NAMES)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    with surface(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


def test_other_hosts_are_refused_on_every_route(guarded: Surface) -> None:
    before = guarded.state()
    for method, path in guarded.routes:
        given = guarded.send(method, path, Host="evil.example", **{"Content-Type": JSON})
        assert given.status_code == 421, (method, path)
    for host in HOSTS:
        assert guarded.send("GET", "/", Host=host.format(port=guarded.port)).status_code == 421, host
    assert guarded.state() == before


def test_other_origins_are_refused_on_every_route(guarded: Surface) -> None:
    before = guarded.state()
    for method, path in guarded.routes:
        for origin in ORIGINS:
            if path in CLIENT_PATHS and origin in ONE_PLACE:
                continue
            headers = {"Origin": origin.format(port=guarded.port), "Content-Type": JSON}
            given = guarded.send(method, path, **headers)
            assert given.status_code == 403, (method, path, origin)
            assert "access-control-allow-origin" not in given.headers
    assert guarded.state() == before


def test_other_media_types_are_refused_on_every_route(guarded: Surface) -> None:
    before = guarded.state()
    for method, path in guarded.routes:
        if method not in CHANGING or path in UPLOADS:
            continue
        own = f"http://127.0.0.1:{guarded.port}"
        takes_forms = guarded.name == "issuer" and path != "/register"
        for media_type in (*OTHER_MEDIA, JSON if takes_forms else FORM):
            given = guarded.send(method, path, Origin=own, **{"Content-Type": media_type})
            assert given.status_code == 415, (method, path, media_type)
    assert guarded.state() == before


@pytest.mark.parametrize("media_type", [FORM, *OTHER_MEDIA])
def test_uploads_of_any_type_need_a_credential(tmp_path: Path, media_type: str) -> None:
    with surface("zendesk", tmp_path) as made:
        for path in UPLOADS:
            headers = {"Origin": made.url, "Content-Type": media_type}
            assert made.send("POST", f"{path}?filename=a", **headers).status_code == 401


@pytest.mark.parametrize("site", ["cross-site", "same-site", "unheard-of"])
def test_other_sites_only_link_to_pages(guarded: Surface, site: str) -> None:
    before = guarded.state()
    for method, path in guarded.routes:
        for mode, destination in (("no-cors", "image"), ("cors", "empty"), ("navigate", "iframe"), ("navigate", "")):
            fetch = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": destination}
            assert guarded.send(method, path, **fetch, **{"Content-Type": JSON}).status_code == 403, (method, path)
        link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        if method not in ("GET", "HEAD") or path not in LINKED[guarded.name]:
            assert guarded.send(method, path, **link, **{"Content-Type": JSON}).status_code == 403, (method, path)
    assert guarded.state() == before
    for path in LINKED[guarded.name]:
        assert guarded.send("GET", path, **link).status_code in (200, 400), path


def test_get_changes_nothing(guarded: Surface) -> None:
    before = guarded.state()
    for method, path in guarded.routes:
        if method in ("GET", "HEAD"):
            guarded.send(method, path, **{"Sec-Fetch-Site": "same-origin"})
    after = guarded.state()
    assert after == before if guarded.name in ("portal", "issuer") else after[1] == before[1]


def test_own_pages_and_programs_are_served(guarded: Surface) -> None:
    for name in ("127.0.0.1", "localhost", "[::1]"):
        host = f"{name}:{guarded.port}"
        assert guarded.send("GET", "/", Host=host).status_code == 200
        own = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert guarded.send("GET", "/", **own).status_code == 200
    assert guarded.send("GET", "/", **{"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_repeated_headers_are_refused(guarded: Surface) -> None:
    own = ("Origin", guarded.url)
    assert guarded.client.get("/", headers=[own, ("Origin", "https://evil.example")]).status_code == 400
    types = [("Content-Type", JSON), ("Content-Type", "text/plain")]
    assert guarded.client.post("/", content=b"{}", headers=types).status_code == 400
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{guarded.port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert b" 400 " in raw(guarded, request)
    assert b" 421 " in raw(guarded, "GET / HTTP/1.0\r\n\r\n")


def raw(guarded: Surface, request: str) -> bytes:
    """The first line of the response to a request that no client library sends."""
    with socket.create_connection((LOOPBACK, guarded.port), timeout=5) as connection:
        connection.sendall(request.encode())
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("name", NAMES)
def test_configured_hosts_are_served_exactly(name: str, tmp_path: Path) -> None:
    with surface(name, tmp_path, hosts=["portal:8120"]) as made:
        assert made.send("GET", "/", Host="portal:8120").status_code == 200
        assert made.send("GET", "/", Host="portal:8120", Origin="http://portal:8120").status_code == 200
        assert made.send("GET", "/", Host="portal").status_code == 421
        assert made.send("GET", "/", Host=f"portal:{made.port}").status_code == 421


def test_configured_web_clients_may_use_the_issuer(tmp_path: Path) -> None:
    with surface("issuer", tmp_path, origins=["https://inspector.example"]) as made:
        given = made.send("GET", "/jwks", Origin="https://inspector.example")
        assert (given.status_code, given.headers["access-control-allow-origin"]) == (200, "https://inspector.example")
        assert made.send("GET", "/", Origin="https://inspector.example").status_code == 403
        assert made.send("GET", "/jwks", Origin="https://inspector.example.evil.example").status_code == 403
