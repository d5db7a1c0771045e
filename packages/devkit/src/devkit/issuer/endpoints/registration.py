"""/register: dynamic client registration (RFC 7591)."""

import json
import secrets
import time

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from devkit.issuer.client import Client, ClientMetadata
from devkit.issuer.client_directory import check_scopes
from devkit.issuer.configuration import IssuerConfiguration
from devkit.issuer.errors import NO_STORE, OAuthError
from devkit.issuer.redirect_uris import check_redirect_uris
from devkit.issuer.store import Store

BODY_LIMIT = 64 * 1024
"""Bytes of a registration."""
MOST_CLIENTS = 1000


class Registration:
    """The registration endpoint."""

    def __init__(self, configuration: IssuerConfiguration, store: Store) -> None:
        self._configuration = configuration
        self._store = store

    async def register(self, request: Request) -> Response:
        """Register a client and return its metadata with its id and, for a confidential client, its secret."""
        try:
            metadata = await _read_metadata(request)
            if metadata.scope is not None:
                check_scopes(metadata.scope, self._configuration.known_scopes())
            check_redirect_uris(metadata.redirect_uris)
            if "authorization_code" not in metadata.grant_types:
                raise OAuthError("invalid_client_metadata", "grant_types must include authorization_code.")
            if len(self._store.memory.clients) >= MOST_CLIENTS:
                raise OAuthError(
                    "temporarily_unavailable",
                    f"{MOST_CLIENTS} clients are registered. Delete the issuer's state.",
                    status=503,
                )
        except OAuthError as refusal:
            known = ("invalid_redirect_uri", "temporarily_unavailable")
            refusal.code = refusal.code if refusal.code in known else "invalid_client_metadata"
            return refusal.response()
        public = metadata.token_endpoint_auth_method == "none"  # noqa: S105 - the name of a method
        client = Client(
            **metadata.model_dump(exclude={"grant_types"}),
            grant_types=tuple(name for name in metadata.grant_types if name in ("authorization_code", "refresh_token")),
            client_id=secrets.token_urlsafe(16),
            client_secret=None if public else secrets.token_urlsafe(32),
            client_id_issued_at=int(time.time()),
        )
        self._store.memory.clients[client.client_id] = client
        self._store.save()
        answer = client.model_dump(exclude_none=True, mode="json")
        if not public:
            answer["client_secret_expires_at"] = 0  # never (RFC 7591 §3.2.1)
        return JSONResponse(answer, status_code=201, headers=NO_STORE)


async def _read_metadata(request: Request) -> ClientMetadata:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise OAuthError(
                "invalid_client_metadata", f"The registration is larger than {BODY_LIMIT} bytes.", status=413
            )
    try:
        document = json.loads(bytes(body))
        # A member without a value counts as absent: some clients send their unset fields.
        present = {name: value for name, value in document.items() if value not in (None, "")}
        return ClientMetadata.model_validate(present)
    except ValidationError as problem:
        fields = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in problem.errors())
        raise OAuthError("invalid_client_metadata", f"Invalid fields: {fields}.") from None
    except (ValueError, AttributeError, RecursionError):
        raise OAuthError("invalid_client_metadata", "The registration must be a JSON object.") from None
