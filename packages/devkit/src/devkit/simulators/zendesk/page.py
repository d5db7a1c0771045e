"""The simulator's web page: what it is, and how to call it."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

from devkit.simulators.zendesk.world import SIMULATED_EMAIL, SIMULATED_TOKEN, World

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Zendesk simulator</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}}
:root{{color-scheme:light dark}}</style>
<h1>Zendesk simulator</h1>
<p>This is not Zendesk. It serves the REST API of Zendesk Support over {tickets} made-up tickets, for development and
tests; its data is lost when it stops.</p>
<p><code>curl -u '{email}/token:{token}' '{url}/api/v2/search?query=type:ticket+status:open'</code></p>
<p>Requests received: <a href="/_simulator/requests">/_simulator/requests</a>. POST to /_simulator/faults to inject
faults, and to <a href="/_simulator/switches">/_simulator/switches</a> for the lag of the search, the length of jobs and
the limits.</p></html>
"""


def home_page(request: Request, world: World) -> HTMLResponse:
    """GET /."""
    url = escape(str(request.base_url).rstrip("/"))
    values = {"tickets": len(world.tickets), "email": SIMULATED_EMAIL, "token": SIMULATED_TOKEN, "url": url}
    return HTMLResponse(_PAGE.format(**values))
