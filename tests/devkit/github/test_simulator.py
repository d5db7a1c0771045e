"""The simulator beyond single responses: rate limits, entity tags, faults, git, App tokens."""

import subprocess
import time
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from dulwich.porcelain import clone

from devkit.simulators.github.records.accounts import Identity
from devkit.simulators.github.testing import RunningSimulator
from devkit.simulators.github.world import SIMULATED_TOKEN

SITE = "/repos/acme/website"
SIGNED_IN = {"Authorization": f"Bearer {SIMULATED_TOKEN}", "User-Agent": "tests"}


def left(response: httpx2.Response) -> int:
    return int(response.headers["X-RateLimit-Remaining"])


def test_conditional_requests_cost_no_quota(github: httpx2.Client) -> None:
    first = github.get(f"{SITE}/issues/1")
    tag = first.headers["ETag"]
    again = github.get(f"{SITE}/issues/1", headers={"If-None-Match": tag})
    assert (again.status_code, again.content, left(again)) == (304, b"", left(first))
    github.post(f"{SITE}/issues/1/comments", json={"body": "One more."})
    changed = github.get(f"{SITE}/issues/1", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["comments"]) == (200, 1)


def test_spent_rate_limit_refuses_until_its_reset(github: httpx2.Client) -> None:
    github.post("/_simulator/limits", json={"resource": "core", "remaining": 1, "seconds": 1})
    assert github.get("/user").status_code == 200
    refused = github.get("/user")
    assert (refused.status_code, left(refused)) == (403, 0)
    assert "API rate limit exceeded" in refused.json()["message"]
    assert github.get("/search/repositories?q=acme").status_code == 200  # search has its own limit
    assert int(refused.headers["X-RateLimit-Reset"]) <= time.time() + 2


def test_pages_are_linked(github: httpx2.Client) -> None:
    first = github.get(f"{SITE}/commits?per_page=4")
    assert len(first.json()) == 4
    assert set(first.links) == {"next", "last"}
    second = github.get(first.links["next"]["url"])
    assert set(second.links) == {"first", "prev"}
    assert len(second.json()) == 2


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"kind": "error", "status": 503}, 503),
        ({"kind": "bad_gateway"}, 502),
        ({"kind": "rate_limit"}, 429),
        ({"kind": "secondary_limit", "seconds": 7}, 403),
        ({"kind": "redirect", "location": "http://127.0.0.1:9/"}, 302),
        ({"kind": "garbage"}, 200),
    ],
)
def test_faults_affect_as_many_requests_as_given(github: httpx2.Client, fault: dict[str, Any], status: int) -> None:
    github.post("/_simulator/faults", json={**fault, "path": "/user", "times": 2})
    assert github.get("/users/mona").status_code == 200
    assert [github.get("/user").status_code for _ in range(3)] == [status, status, 200]
    assert github.get("/_simulator/requests").json()["requests"] == {"GET /user": 3, "GET /users/mona": 1}


def test_truncated_body_is_a_protocol_error(github: httpx2.Client) -> None:
    github.post("/_simulator/faults", json={"kind": "truncated"})
    with pytest.raises(httpx2.RemoteProtocolError):
        github.get("/user")


def test_hang_after_takes_effect_before_the_timeout(github: httpx2.Client) -> None:
    github.post("/_simulator/faults", json={"kind": "hang_after", "method": "POST", "seconds": 0.5})
    with pytest.raises(httpx2.ReadTimeout):
        github.post(f"{SITE}/issues", json={"title": "Lost"}, timeout=0.1)
    assert github.get(f"{SITE}/issues").json()[0]["title"] == "Lost"


def test_unknown_fault_is_refused(github: httpx2.Client) -> None:
    assert github.post("/_simulator/faults", json={"kind": "nonsense"}).status_code == 422
    assert github.get("/_simulator/faults").json() == []


def test_a_renamed_repository_redirects(github: httpx2.Client, simulator: RunningSimulator) -> None:
    simulator.simulator.world.rename("acme/handbook", "book")
    moved = github.get("/repos/acme/handbook/contents/README.md")
    assert moved.status_code == 301
    assert github.get(moved.headers["Location"]).json()["name"] == "README.md"


def test_git_clones_what_the_api_wrote(github: httpx2.Client, tmp_path: Path) -> None:
    head = github.get(f"{SITE}/git/ref/heads/main").json()["object"]["sha"]
    entry = {"path": "docs/new.md", "mode": "100644", "type": "blob", "content": "new\n"}
    tree = github.post(f"{SITE}/git/trees", json={"base_tree": head, "tree": [entry]}).json()["sha"]
    body = {"message": "Add a page", "tree": tree, "parents": [head]}
    made = github.post(f"{SITE}/git/commits", json=body).json()["sha"]
    assert github.patch(f"{SITE}/git/refs/heads/main", json={"sha": made}).status_code == 200
    cloned = clone(f"{github.base_url}/acme/website.git", str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "docs" / "new.md").read_text() == "new\n"
    assert (tmp_path / "clone" / "README.md").read_text().startswith("# Website")
    assert cloned.head().decode() == made
    cloned.close()


def test_private_clone_needs_a_token(github: httpx2.Client) -> None:
    path = "/acme/payments.git/info/refs?service=git-upload-pack"
    assert httpx2.get(f"{github.base_url}{path}").status_code == 401
    signed_in = httpx2.get(f"{github.base_url}{path}", auth=("x", SIMULATED_TOKEN))
    assert signed_in.content.startswith(b"001e# service=git-upload-pack\n")


def test_git_command_clones(github: httpx2.Client, tmp_path: Path) -> None:
    try:
        command = [
            "git",
            "clone",
            "-q",
            "--depth",
            "1",
            f"{github.base_url}/acme/handbook.git",
            str(tmp_path / "clone"),
        ]
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("git is missing: install it")
    assert (tmp_path / "clone" / "data" / "catalogue.csv").stat().st_size >= 2_000_000


def test_app_gets_a_token_with_its_key(simulator: RunningSimulator, github: httpx2.Client) -> None:
    world, key = simulator.simulator.world, rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    world.apps["42"] = (public, 7, Identity(world.accounts["hubot"], frozenset({"acme/website"})))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def asked(lifetime: int) -> httpx2.Response:
        now = int(time.time())
        claims = {"iss": "42", "iat": now - 60, "exp": now + lifetime}
        headers = {"Authorization": f"Bearer {jwt.encode(claims, private, 'RS256')}"}
        return github.post("/app/installations/7/access_tokens", headers=headers)

    assert asked(3600).status_code == 401
    token = asked(540).json()["token"]
    headers = {"Authorization": f"token {token}"}
    assert github.get("/installation/repositories", headers=headers).json()["total_count"] == 1
    assert github.get("/repos/acme/payments", headers=headers).status_code == 404


def test_log_host_differs_and_refuses_tokens(github: httpx2.Client, simulator: RunningSimulator) -> None:
    run = simulator.simulator.world.repositories["acme/website"].runs[0]
    redirect = github.get(f"{SITE}/actions/jobs/{run.jobs[1].id}/logs")
    location = redirect.headers["Location"]
    assert redirect.status_code == 302
    assert httpx2.URL(location).host != github.base_url.host
    assert "##[error]" in httpx2.get(location).text
    assert httpx2.get(location, headers=SIGNED_IN).status_code == 400
