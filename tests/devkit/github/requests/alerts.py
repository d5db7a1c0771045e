"""Requests about security alerts."""

from devkit.simulators.github.world import World

from .request import LEDGER, SITE, Asked, Names

ASKED: list[Asked] = [
    ("GET", f"{LEDGER}/dependabot/alerts?state=open,fixed&severity=critical,medium&per_page=1", None, 200),
    ("GET", f"{LEDGER}/dependabot/alerts?page=2", None, 400),
    ("GET", f"{LEDGER}/dependabot/alerts?severity=none", None, 422),
    ("GET", f"{LEDGER}/dependabot/alerts/2", None, 200),
    ("GET", "/repos/acme/handbook/dependabot/alerts", None, 403),
    ("GET", f"{LEDGER}/code-scanning/alerts?state=open&severity=high", None, 200),
    ("GET", f"{LEDGER}/code-scanning/alerts/2", None, 200),
    ("GET", f"{SITE}/code-scanning/alerts", None, 404),
    ("GET", f"{LEDGER}/secret-scanning/alerts?state=open&hide_secret=true", None, 200),
    ("GET", f"{LEDGER}/secret-scanning/alerts/1", None, 200),
    ("GET", f"{LEDGER}/secret-scanning/alerts/1/locations", None, 200),
]


def prepare(_: World) -> Names:
    """Nothing is prepared."""
    return {}
