"""The issuer's HTML pages: home page, consent page, error page."""

from collections.abc import Mapping
from html import escape
from string import Template
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from devkit.issuer.configuration import MACHINE_CLIENT, IssuerConfiguration, scope_in_words

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers apply it to the redirect back to the client as well.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_FRAME = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>$title</title><style>
:root{color-scheme:light dark;--ink:#1c1f26;--soft:#606775;--line:#dde1e8;--page:#f4f5f8;--card:#fff;--go:#2457d6}
@media(prefers-color-scheme:dark){:root{--ink:#e9ebf0;--soft:#9aa2b1;--line:#333945;--page:#14161b;--card:#1d2027;
--go:#6b95ff}}
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;
background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:33rem;background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:2rem;box-shadow:0 10px 30px rgb(0 0 0/.07)}
h1{font-size:1.35rem;line-height:1.25;margin:.3rem 0 1rem;overflow-wrap:anywhere}
h2{font-size:1rem;margin:1.5rem 0 .4rem}
.tag{font-size:.75rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft)}
.soft{color:var(--soft);font-size:.88rem;overflow-wrap:anywhere}code,pre{font:.85rem/1.5 ui-monospace,monospace}
pre{background:var(--page);border:1px solid var(--line);border-radius:8px;padding:.7rem;overflow:auto;margin:.4rem 0}
ul{list-style:none;padding:0;margin:0 0 1rem;border:1px solid var(--line);border-radius:8px}
li{padding:.55rem .8rem}li+li{border-top:1px solid var(--line)}li label{display:flex;gap:.6rem;align-items:baseline}
li code{margin-left:auto;color:var(--soft)}.row{display:flex;gap:.8rem;margin-bottom:1rem}.row label{flex:1}
.row input,.row select{width:100%;margin-top:.2rem;padding:.5rem;font:inherit;color:inherit;background:var(--page);
border:1px solid var(--line);border-radius:8px}.row button{flex:1;padding:.65rem;font:inherit;font-weight:600;
border-radius:8px;border:1px solid var(--line);background:none;color:inherit;cursor:pointer}
.row button.go{background:var(--go);border-color:var(--go);color:#fff}button:focus-visible,input:focus-visible,
select:focus-visible{outline:3px solid var(--go);outline-offset:2px}a{color:var(--go)}
</style></head><body><main>$body</main></body></html>""")


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_FRAME.substitute(title=escape(title), body=body), status_code=status, headers=HEADERS)


def consent_page(
    *,
    client_name: str,
    client_id: str,
    redirect_uri: str,
    resource: str,
    scopes: list[str],
    tenants: list[str],
    request_id: str,
    proof: str,
) -> HTMLResponse:
    """The consent page: client, resource, scopes, user and tenant. Its form posts to /consent."""
    boxes = "".join(
        f'<li><label><input type="checkbox" name="scope" value="{escape(scope)}" checked> '
        f"{escape(scope_in_words(scope))} <code>{escape(scope)}</code></label></li>"
        for scope in scopes
    )
    options = "".join(f"<option>{escape(tenant)}</option>" for tenant in tenants)
    target = urlsplit(redirect_uri)
    return _page(
        f"Allow {client_name}?",
        f"""<div class="tag">Development issuer</div>
<h1>{escape(client_name)} wants to use {escape(resource)}</h1>
<form method="post" action="/consent">
<input type="hidden" name="request" value="{escape(request_id)}">
<input type="hidden" name="proof" value="{escape(proof)}">
<ul>{boxes}</ul>
<div class="row">
<label>Sign in as<input name="subject" value="dev" maxlength="100" required autocomplete="off"></label>
<label>Tenant<select name="tenant">{options}</select></label>
</div>
<div class="row"><button name="decision" value="deny">Deny</button>
<button class="go" name="decision" value="allow" autofocus>Allow</button></div>
</form>
<p class="soft">You return to <b>{escape(target.scheme)}://{escape(target.netloc)}</b>.
The client <code>{escape(client_id)}</code> chose its own name.</p>""",
    )


def refusal_page(code: str, description: str, status: int = 400) -> HTMLResponse:
    """The error page, for requests without a valid client and redirect URI: these must not redirect."""
    return _page(
        "Sign-in refused",
        f'<div class="tag">Development issuer</div><h1>This sign-in request was refused</h1>'
        f'<p>{escape(description)}</p><p class="soft">Error code: <code>{escape(code)}</code>. Close this page and '
        "start again from the client.</p>",
        status,
    )


def home_page(configuration: IssuerConfiguration, resources: Mapping[str, str]) -> HTMLResponse:
    """The home page: how to get a token. `resources` maps a service's name to its MCP endpoint."""
    url = configuration.url
    first_name, first_resource = next(iter(resources.items()), ("orders", "http://127.0.0.1:8101/mcp"))
    scopes = " ".join(configuration.scopes)
    credentials = f"{MACHINE_CLIENT}:{escape(configuration.machine_secret)}"
    servers = "".join(f"<li><code>{escape(name)}</code> {escape(link)}</li>" for name, link in resources.items())
    return _page(
        "Development issuer",
        f"""<div class="tag">Development issuer</div><h1>Sign-in without passwords, on this machine only</h1>
<p>An OAuth 2.1 authorization server for the servers on this machine. Every user can choose any subject and tenant
without a password. It listens on loopback only and is never part of an image.</p>
<h2>Get a token</h2><pre>make token SERVICE={escape(first_name)}</pre>
<h2>Connect a client, with sign-in in the browser</h2><pre>make connect CLIENT=claude-code</pre>
<h2>Get a token for a machine (client credentials)</h2><pre>curl -s {escape(url)}/token -u {credentials} \\
  -d grant_type=client_credentials \\
  -d scope="{escape(scopes)}" \\
  -d resource={escape(first_resource)}</pre>
<h2>Servers that trust it</h2><ul>{servers}</ul>
<p class="soft"><a href="/.well-known/oauth-authorization-server">Metadata</a> · <a href="/jwks">Keys</a> ·
authorization code with PKCE, refresh with rotation, dynamic registration, client id metadata documents,
resource indicators.</p>""",
    )
