"""The issuer's HTML pages: home page, consent page, error page."""

import base64
import hashlib
from html import escape
from string import Template

from starlette.responses import HTMLResponse

from devkit.issuer.client import Client
from devkit.issuer.configuration import MACHINE_CLIENT, IssuerConfiguration, Resource, scope_in_words
from devkit.issuer.consent import ConsentRequest
from devkit.issuer.redirect_uris import browser_url, is_on_loopback
from servicekit.portal.files import page_files
from servicekit.schema.marks import show_line

_STYLE = (
    page_files()["look.css"].decode()
    + """
body{min-height:100vh;display:grid;align-items:center;justify-items:center;
grid-template-columns:minmax(0,1fr);padding:1.5rem;font-size:16px}
main{width:100%;max-width:33rem;background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:2rem;box-shadow:0 10px 30px rgb(0 0 0/.07)}
h1{font-size:1.35rem;line-height:1.25;margin:.3rem 0 1rem}h1,p,dd,li,code{overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.4rem 0 .4rem}.tag,.soft,dt{color:var(--soft);font-size:.9rem}
bdi{display:inline-block;max-width:100%;max-height:3.75em;overflow:hidden;vertical-align:bottom}
code{font-size:.85em}pre{overflow:auto;padding:.8rem;background:var(--page);border-radius:8px;font-size:.85rem}
dl{margin:0 0 1rem}dd{margin:0 0 .5rem}
ul{list-style:none;padding:0;margin:0 0 1rem;border:1px solid var(--line);border-radius:8px}
li{padding:.55rem .8rem}li+li{border-top:1px solid var(--line)}
li label{display:flex;flex-wrap:wrap;column-gap:.6rem;align-items:baseline}
li label span{flex:1;min-width:8rem}li code{color:var(--soft)}
.row{display:flex;flex-wrap:wrap;gap:.8rem;margin-bottom:1rem}.row>*{flex:1 1 8rem;min-width:0}
.row input,.row select{width:100%;margin-top:.2rem;padding:.5rem;font:inherit;color:inherit;background:var(--page);
border:1px solid var(--edge);border-radius:8px}.row button{padding:.65rem;font:inherit;font-weight:600;
border-radius:8px;border:1px solid var(--edge);background:none;color:inherit;cursor:pointer}
.row button.go{background:var(--go);border-color:var(--go);color:#fff}
@media(max-width:30rem){body{padding:.6rem;align-items:start}main{padding:1rem}}
"""
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers apply it to the redirect back to the client as well.
    "Content-Security-Policy": (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not no-referrer, with which browsers send `Origin: null` with the form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_FRAME = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><title>$title</title><style>$style</style></head>
<body><main>$body</main></body></html>""")


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    content = _FRAME.substitute(title=escape(title), style=_STYLE, body=body)
    return HTMLResponse(content, status_code=status, headers=HEADERS)


def consent_page(
    request: ConsentRequest, client: Client, configuration: IssuerConfiguration, sealed: str
) -> HTMLResponse:
    """The consent page: who asks, for which server and scopes, then user and tenant. Its form posts to /consent.

    The client chose its name and id, so the page shows invisible characters in them, and where the answer goes.
    """
    resource = configuration.resource(request.resource)
    boxes = "".join(
        f'<li><label><input type="checkbox" name="scope" value="{escape(scope)}" checked>'
        f"<span>{escape(scope_in_words(scope))}</span><code>{escape(scope)}</code></label></li>"
        for scope in request.scopes
    )
    options = "".join(f"<option>{escape(tenant)}</option>" for tenant in configuration.tenants)
    return _page(
        "Sign-in request",
        f"""<div class="tag">Development issuer</div>
<h1><bdi>{escape(show_line(client.display_name))}</bdi> asks for access to {escape(resource.title)}</h1>
<dl>
<dt>The answer goes to</dt><dd><b>{escape(_receiver(request.redirect_uri))}</b></dd>
<dt>The client chose its name itself. Its id is</dt><dd><code>{escape(show_line(client.client_id))}</code></dd>
<dt>Access to</dt><dd><code>{escape(resource.url)}</code></dd>
</dl>
<form method="post" action="/consent">
<input type="hidden" name="request" value="{escape(sealed)}">
<ul>{boxes}</ul>
<div class="row">
<label>Sign in as<input name="subject" value="dev" maxlength="100" required autocomplete="off"></label>
<label>Tenant<select name="tenant">{options}</select></label>
</div>
<div class="row"><button name="decision" value="deny">Deny</button>
<button class="go" name="decision" value="allow">Allow</button></div>
</form>""",
    )


def _receiver(redirect_uri: str) -> str:
    """Where a redirect leads, in words."""
    url = browser_url(redirect_uri)
    if url is None:
        return redirect_uri
    if is_on_loopback(url):
        return f"{url.host}, a program on this machine"
    if url.protocol == "https:":
        return url.host
    return f"the application of {url.protocol}{'//' if url.host else ''}{url.host} links"


def refusal_page(code: str, description: str, status: int = 400) -> HTMLResponse:
    """The error page, for requests without a valid client and redirect URI: these must not redirect."""
    return _page(
        "Sign-in refused",
        f'<div class="tag">Development issuer</div><h1>This sign-in request was refused</h1>'
        f'<p>{escape(description)}</p><p class="soft">Error code: <code>{escape(code)}</code>. Close this page and '
        "start again from the client.</p>",
        status,
    )


def home_page(configuration: IssuerConfiguration) -> HTMLResponse:
    """The home page: how to get a token."""
    url = configuration.url
    example = Resource("orders", "Orders", "http://127.0.0.1:8101/mcp", configuration.scopes)
    first = next(iter(configuration.resources), example)
    scopes = " ".join(first.scopes)
    credentials = f"{MACHINE_CLIENT}:{escape(configuration.machine_secret)}"
    servers = "".join(
        f"<li><code>{escape(resource.name)}</code> {escape(resource.url)}</li>" for resource in configuration.resources
    )
    return _page(
        "Development issuer",
        f"""<div class="tag">Development issuer</div><h1>Sign-in without passwords, on this machine only</h1>
<p>An OAuth 2.1 authorization server for the servers on this machine. Every user can choose any subject and tenant
without a password. It listens on loopback only and is never part of an image.</p>
<h2>Get a token</h2><pre>make token SERVICE={escape(first.name)}</pre>
<h2>Connect a client, with sign-in in the browser</h2><pre>make connect CLIENT=claude-code</pre>
<h2>Get a token for a machine (client credentials)</h2><pre>curl -s {escape(url)}/token -u {credentials} \\
  -d grant_type=client_credentials \\
  -d scope="{escape(scopes)}" \\
  -d resource={escape(first.url)}</pre>
<h2>Servers that trust it</h2><ul>{servers}</ul>
<p class="soft"><a href="/.well-known/oauth-authorization-server">Metadata</a> · <a href="/jwks">Keys</a> ·
authorization code with PKCE, refresh with rotation, dynamic registration, client id metadata documents,
resource indicators.</p>""",
    )
