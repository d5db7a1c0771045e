"""The landing page at `/`, for a person who opens the server's address in a browser."""

from dataclasses import asdict
from html import escape
from string import Template

from servicekit.core.identity import ServerIdentity
from servicekit.settings.service import ServiceSettings

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title MCP server</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  :root { color-scheme: light dark; }
  pre { padding: .75rem 1rem; overflow-x: auto; border: 1px solid #8884; border-radius: .5rem; }
  h1 { margin-bottom: 0; } small { opacity: .7; }
</style>
<h1>$title</h1>
<small>MCP server, version $version</small>
<p>$instructions</p>
<h2>Connect</h2>
<pre>claude mcp add --transport http $name $url</pre>
<p>Any MCP client works: the endpoint is <code>$url</code>, sign-in is OAuth.</p>
<h2>Scopes</h2>
<ul>$scopes</ul>
<p><a href="/health">Health</a> · <a href="/.well-known/oauth-protected-resource/mcp">OAuth metadata</a></p>
</html>
""")


def landing_page(settings: ServiceSettings, identity: ServerIdentity, scopes: frozenset[str]) -> str:
    """The page as HTML: what this server is, how to connect, and its scopes. Tools are not listed to strangers."""
    return _PAGE.substitute(
        {name: escape(value) for name, value in asdict(identity).items()},
        url=escape(settings.public_url),
        scopes="".join(f"<li><code>{escape(scope)}</code></li>" for scope in sorted(scopes)),
    )
