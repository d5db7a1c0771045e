"""`git clone` over git's smart HTTP protocol, read-only, from the repositories that the API writes to."""

import asyncio
import base64
import binascii
import gzip
from io import BytesIO
from typing import cast

from dulwich.protocol import ReceivableProtocol
from dulwich.server import BackendRepo, DictBackend, UploadPackHandler
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.records.repositories import Repository
from devkit.simulators.github.world import World

UPLOAD_PACK = "application/x-git-upload-pack-request"
"""The media type of the request for objects."""
_NO_CACHE = {"Cache-Control": "no-cache"}


class GitHttp:
    """The two routes of a clone or a fetch."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def advertise(self, request: Request) -> Response:
        """Advertise the refs (gitprotocol-http, smart clients)."""
        repository = self._repository(request)
        if repository is None:
            return self._refusal(request)
        if request.query_params.get("service") != "git-upload-pack":
            return PlainTextResponse("This is a simulator: clone and fetch only, no push.\n", 403)
        content = await asyncio.to_thread(_upload_pack, repository, b"", True)
        return Response(content, 200, _NO_CACHE, "application/x-git-upload-pack-advertisement")

    async def upload_pack(self, request: Request) -> Response:
        """Send the requested objects."""
        repository = self._repository(request)
        if repository is None:
            return self._refusal(request)
        body = await request.body()
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        content = await asyncio.to_thread(_upload_pack, repository, body, False)
        return Response(content, 200, _NO_CACHE, "application/x-git-upload-pack-result")

    def _repository(self, request: Request) -> Repository | None:
        name = request.path_params["repo"].removesuffix(".git")
        found = self._world.repositories.get(f"{request.path_params['owner']}/{name}".lower())
        return found if found is not None and self._world.can_see(self._identity(request), found) else None

    def _identity(self, request: Request) -> Identity | None:
        """The identity of the token sent as password, with any user name."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            token = base64.b64decode(value).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self._world.identities.get(token)

    def _refusal(self, request: Request) -> Response:
        """401 for anonymous requests, also for missing repositories, as at GitHub; otherwise 404."""
        if self._identity(request) is None:
            return PlainTextResponse("Sign in.\n", 401, {"WWW-Authenticate": 'Basic realm="GitHub simulator"'})
        return PlainTextResponse("Repository not found.\n", 404)


def _upload_pack(repository: Repository, body: bytes, advertise: bool) -> bytes:
    written = BytesIO()
    protocol = ReceivableProtocol(BytesIO(body).read, written.write)
    if advertise:
        protocol.write_pkt_line(b"# service=git-upload-pack\n")
        protocol.write_pkt_line(None)
    backend = DictBackend({"/": cast("BackendRepo", repository.git.repo)})
    UploadPackHandler(backend, ["/"], protocol, stateless_rpc=True, advertise_refs=advertise).handle()
    return written.getvalue()
