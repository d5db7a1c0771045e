"""`make conformance`: the official suite, for both protocol revisions, against the fixture over real HTTP."""

import argparse
import sys
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from devkit.issuer.testing import RunningIssuer, issuer_in_thread
from servicekit.settings import reloaded_file
from servicekit.settings.service import ServiceSettings
from servicekit.testing.service import serving
from tests.fixtures.npm import NotInstalled

from .expectations import disagreements, read_expected, read_results
from .fixture import SCOPE, conformance_service
from .suite import HERE, INSTALLED, install_suite, run

REVISIONS: Final = ("2026-07-28", "2025-11-25")
_PLENTY: Final = 1_000_000


class SignedIn:
    """Adds a token to every request: the suite sends none. The server behind it takes it for any other client's."""

    def __init__(self, app: ASGIApp, token: Callable[[], str]) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            authorization = (b"authorization", f"Bearer {self._token()}".encode())
            scope = {**scope, "headers": [*scope["headers"], authorization]}
        await self._app(scope, receive, send)


def main() -> int:
    """Run the suite; 0 where every check ended as the list says."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("--revision", choices=REVISIONS, help="only this one")
    parser.add_argument("--scenario", help="only this one; what is expected to fail is then not looked at")
    options = parser.parse_args()
    try:
        install_suite()
    except NotInstalled as error:
        print(error, file=sys.stderr)
        return 2
    reloaded_file.POLL_INTERVAL = 0.1  # the suite listens for a change of the lists no longer than 0.8 s
    revisions = [options.revision] if options.revision else REVISIONS
    with issuer_in_thread([SCOPE]) as issuer:
        return max(run_revision(issuer, revision, options.scenario) for revision in revisions)


def run_revision(issuer: RunningIssuer, revision: str, scenario: str | None) -> int:
    """One run against a server of its own."""
    policy = INSTALLED / "policy.yaml"
    policy.write_text("version: 1\n")
    url = ""

    def build(port: int) -> object:
        nonlocal url
        origin = f"http://127.0.0.1:{port}"
        url = f"{origin}/mcp"
        limits = {f"limit_{kind}": _PLENTY for kind in ("server", "caller", "tool", "address")}
        settings = {"port": port, "public_url": url, "allowed_origins": origin, "issuer": issuer.url, **limits}
        return conformance_service(ServiceSettings(**settings, policy_file=str(policy)), policy)

    results = INSTALLED / "results" / revision
    with serving(build, lambda app: SignedIn(app, lambda: issuer.mint(url, scopes=[SCOPE]))):
        run(url, revision, results, scenario)
    found = read_results(results)
    counted = ", ".join(f"{number} {status.lower()}" for status, number in sorted(found.counts.items()))
    print(f"\n{revision}: {len(found.scenarios)} scenarios; checks: {counted or 'none'}")
    if scenario:
        return int(bool(found.failed) or not found.scenarios)
    expected = read_expected((HERE / "expected-failures.txt").read_text(encoding="utf-8"), revision)
    wrong = disagreements(found, expected)
    print(f"{revision}: {len(found.failed)} failing, {len(expected)} expected to; {len(wrong)} not as expected")
    for line in wrong:
        print(f"  {line}")
    return int(bool(wrong) or not found.scenarios)


if __name__ == "__main__":
    sys.exit(main())
