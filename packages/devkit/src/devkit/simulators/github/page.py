"""The simulator's web page: what it is, and the repositories to clone."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse

from devkit.simulators.github.world import World

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>GitHub simulator</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}}
:root{{color-scheme:light dark}}</style>
<h1>GitHub simulator</h1>
<p>This is not GitHub. It serves GitHub's REST and GraphQL APIs over the repositories below, for development and tests;
its data is lost when it stops.</p>
<ul>{rows}</ul>
<p>Requests received: <a href="/_simulator/requests">/_simulator/requests</a>. POST to /_simulator/faults to inject
faults.</p></html>
"""


def home_page(request: Request, world: World) -> HTMLResponse:
    """GET /."""
    web = str(request.base_url).rstrip("/")
    rows = [
        f"<li><code>git clone {escape(web)}/{escape(one.full_name)}.git</code> {escape(one.description)}</li>"
        for one in world.visible(None)
    ]
    return HTMLResponse(_PAGE.format(rows="".join(rows)))
