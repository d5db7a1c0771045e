"""Finds and authenticates clients; checks the scopes and the resource of their requests."""

import base64
import binascii
import hmac
from collections.abc import Collection, Mapping
from urllib.parse import unquote_plus

from starlette.requests import Request

from devkit.issuer.client import Client
from devkit.issuer.configuration import MACHINE_CLIENT, IssuerConfiguration
from devkit.issuer.errors import OAuthError
from devkit.issuer.metadata_documents import MetadataDocuments, is_document_url
from devkit.issuer.redirect_uris import browser_url
from devkit.issuer.store import Store


def check_scopes(scope: str, known: Collection[str]) -> tuple[str, ...]:
    """The scopes of a space-separated list, without duplicates. Raises `OAuthError` that names unknown scopes."""
    scopes = tuple(dict.fromkeys(scope.split()))
    unknown = sorted(set(scopes) - set(known))
    if unknown or not scopes:
        problem = f"Unknown scopes: {' '.join(unknown)}" if unknown else "scope is empty"
        raise OAuthError("invalid_scope", f"{problem}. Use scopes of this list: {' '.join(known)}.")
    return scopes


def check_resource(resource: str | None) -> str:
    """The resource of a request (RFC 8707 §2). Raises `OAuthError` when it is missing or not a URL."""
    if not resource:
        raise OAuthError(
            "invalid_target",
            "resource is missing. Send the URL of the MCP endpoint, such as http://127.0.0.1:8101/mcp.",
        )
    url = browser_url(resource)
    if url is None or url.protocol not in ("http:", "https:"):
        raise OAuthError(
            "invalid_target",
            "resource must be an absolute URL as browsers write it, without user and fragment, such as "
            "http://127.0.0.1:8101/mcp.",
        )
    return resource


class ClientDirectory:
    """All clients: registered ones, those described by a document at their URL, and the machine client."""

    def __init__(self, configuration: IssuerConfiguration, store: Store, documents: MetadataDocuments) -> None:
        self._configuration = configuration
        self._store = store
        self._documents = documents
        self._machine = Client(
            client_id=MACHINE_CLIENT,
            client_name="Development machine client",
            client_secret=configuration.machine_secret,
            grant_types=("client_credentials",),
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
            scope=" ".join(configuration.scopes),
        )

    async def find(self, client_id: str | None) -> Client:
        """The client with this id. Raises `OAuthError`."""
        if not client_id:
            raise OAuthError("invalid_request", "client_id is missing.")
        if client_id == MACHINE_CLIENT:
            return self._machine
        if self._configuration.reads_documents and is_document_url(client_id):
            return await self._documents.client(client_id)
        client = self._store.memory.clients.get(client_id)
        if client is None:
            raise OAuthError(
                "invalid_client",
                "This client is not registered; the issuer's state may have been deleted. To register again, "
                "remove the server from the client and add it again.",
                status=401,
            )
        return client

    async def authenticate(self, request: Request, form: Mapping[str, str]) -> Client:
        """The client that sent a token request, authenticated by its secret. Raises `OAuthError`."""
        basic = _basic_credentials(request.headers.get("authorization"))
        if basic and form.get("client_id") not in (None, basic[0]):
            raise OAuthError(
                "invalid_request", "client_id in the Authorization header differs from client_id in the body."
            )
        client_id, secret = basic or (form.get("client_id"), form.get("client_secret"))
        client = await self.find(client_id)
        if client.client_secret is None:
            return client
        if secret is None or not hmac.compare_digest(secret.encode(), client.client_secret.encode()):
            raise OAuthError("invalid_client", "client_secret is missing or wrong.", status=401)
        return client


def _basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Client id and secret of an Authorization header, form-decoded (RFC 6749 §2.3.1)."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, separator, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        separator = ""
    if not separator:
        raise OAuthError(
            "invalid_client", "The Basic credentials in the Authorization header are not valid base64.", status=401
        )
    return unquote_plus(client_id), unquote_plus(secret)
