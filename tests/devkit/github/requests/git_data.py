"""Requests about git objects and refs."""

from devkit.simulators.github.world import World

from .request import SHA, SITE, Asked, Names

REMOVED = {"mode": "100644", "type": "blob", "sha": None}
ENTRY = {"path": "a/b.txt", "mode": "100644", "type": "blob", "content": "x\n"}

ASKED: list[Asked] = [
    ("POST", f"{SITE}/git/blobs", {"content": "aGk=", "encoding": "base64"}, 201),
    ("GET", f"{SITE}/git/blobs/{{blob}}", None, 200),
    ("GET", f"{SITE}/git/blobs/{SHA}", None, 404),
    ("POST", f"{SITE}/git/trees", {"tree": [ENTRY], "base_tree": "{tree}"}, 201),
    ("POST", f"{SITE}/git/trees", {"tree": [{**ENTRY, "path": "../x"}]}, 422),
    ("POST", f"{SITE}/git/trees", {"tree": [{**REMOVED, "path": "README.md"}], "base_tree": "{tree}"}, 201),
    ("POST", f"{SITE}/git/trees", {"tree": [{**REMOVED, "path": "docs"}], "base_tree": "{tree}"}, 422),
    ("POST", f"{SITE}/git/trees", {"tree": [{**ENTRY, "sha": None}], "base_tree": "{tree}"}, 422),
    ("GET", f"{SITE}/git/trees/main?recursive=1", None, 200),
    ("POST", f"{SITE}/git/commits", {"message": "M", "tree": "{tree}", "parents": ["{head}"]}, 201),
    ("GET", f"{SITE}/git/commits/{{head}}", None, 200),
    ("GET", f"{SITE}/git/ref/heads/main", None, 200),
    ("GET", f"{SITE}/git/matching-refs/heads/feature/", None, 200),
    ("POST", f"{SITE}/git/refs", {"ref": "refs/heads/new", "sha": "{head}"}, 201),
    ("POST", f"{SITE}/git/refs", {"ref": "refs/heads/main", "sha": "{head}"}, 422),
    ("PATCH", f"{SITE}/git/refs/heads/new", {"sha": "{head}"}, 200),
    ("PATCH", f"{SITE}/git/refs/heads/new", {"sha": SHA}, 422),
    ("GET", "/repos/acme/empty/git/ref/heads/main", None, 409),
    ("GET", "/repos/acme/empty/git/matching-refs/heads/m", None, 409),
    ("POST", "/repos/acme/empty/git/blobs", {"content": "x"}, 409),
    ("DELETE", f"{SITE}/git/refs/heads/fix/health", None, 204),
]


def prepare(world: World) -> Names:
    """An empty repository, and the ids of objects in another."""
    world.add_repository(world.accounts["acme"], "empty", private=False, description="")
    git = world.repositories["acme/website"].git
    head = git.branches()["main"]
    return {"head": head, "tree": git.commit(head).tree.decode(), "blob": git.files(head)["README.md"][1]}
