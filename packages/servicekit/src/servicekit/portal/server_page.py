"""The portal of one server, from its settings: what it is for and how to connect, without a list of its tools."""

from collections.abc import Iterable
from dataclasses import asdict
from html import escape
from string import Template
from typing import Any, Final
from urllib.parse import urlsplit

from servicekit.clients.connections import connections
from servicekit.core.identity import ServerIdentity
from servicekit.portal.files import File, portal_files
from servicekit.settings.service import ServiceSettings

DOCUMENT: Final = "portal/portal.json"
"""The path of what the page knows of its servers."""

# For browsers without scripts, and until the scripts run.
_BODY: Final = Template("""<section class="card intro"><h2>$title</h2><p>$purpose</p>
<p>MCP server, version $version. The endpoint is <code>$endpoint</code>, sign-in is OAuth. In Claude Code:</p>
<pre class="text">claude mcp add --transport http $name $endpoint</pre>
<p>Scopes:</p><ul class="scopes">$scopes</ul></section>""")


def server_document(settings: ServiceSettings, identity: ServerIdentity) -> dict[str, Any]:
    """What a stranger may know of a server: purpose, example questions, endpoint, ways to connect."""
    return {
        "name": identity.name,
        "title": identity.title,
        "version": identity.version,
        "purpose": identity.purpose,
        "examples": identity.examples,
        "endpoint": settings.public_url,
        "offers": settings.portal,
        "client_id": settings.portal_client_id,
        "bundle": settings.portal_bundle_url,
        "connections": [asdict(one) for one in connections(identity.name, settings.public_url)],
    }


def server_portal(settings: ServiceSettings, identity: ServerIdentity, scopes: Iterable[str]) -> dict[str, File]:
    """The files of a server's portal, by path. Tools are not listed to strangers."""
    home = home_of(settings)
    server = server_document(settings, identity)
    body = _BODY.substitute(
        title=escape(identity.title),
        purpose=escape(identity.purpose),
        version=escape(identity.version),
        name=escape(identity.name),
        endpoint=escape(settings.public_url),
        scopes="".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(scopes)),
    )
    documents = {
        "portal.json": {"home": home, "servers": [server]},
        "client.json": _client_document(home, identity),
    }
    issuers = [origin_of(settings.issuer)] if settings.issuer is not None else []
    links = [("/health", "Health"), ("/.well-known/oauth-protected-resource/mcp", "OAuth metadata")]
    return portal_files(identity.title, body, documents=documents, servers=issuers, links=links)


def home_of(settings: ServiceSettings) -> str:
    """The address of the page, to which the issuer sends the browser back."""
    return f"{origin_of(settings.public_url)}/"


def origin_of(url: str) -> str:
    """The origin of a URL, such as ``https://orders.example.com``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _client_document(home: str, identity: ServerIdentity) -> dict[str, Any]:
    """The page as an OAuth client, for issuers that read its metadata from this address.

    https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
    """
    return {
        "client_id": f"{home}portal/client.json",
        "client_name": f"{identity.title} portal",
        "client_uri": home,
        "redirect_uris": [home],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
