"""How the second server answers for repositories: files, history, branches, and the Git data below them."""

import base64
from typing import Any

from .plain_places import WHEN, Place
from .plain_wire import Answer, Asked, listed


def repositories(asked: Asked) -> Answer:
    return listed(asked, [place.about() for place in asked.server.places.values()])


def installed(asked: Asked) -> Answer:
    owners = [{"owner": {"login": "Tools"}}, {"owner": None}] if asked.server.installed else None
    return listed(asked, owners, "repositories") if owners else Answer(403)


def found(asked: Asked) -> Answer:
    kind, text = asked.named[0], asked.query["q"]
    if "nobody" in text:
        return Answer(422, {"message": "Validation Failed", "errors": None})
    items: list[Any] = []
    repos = f"{asked.server.url}/repos"
    for place in asked.server.places.values():
        where = {"full_name": place.name}
        if kind == "repositories":
            items.append(place.about())
        elif kind == "code":
            items += [{"path": path, "repository": where} for path in place.files("trunk")]
        else:
            items += [{**issue, "repository_url": f"{repos}/{place.name}"} for issue in place.issues]
    if kind == "issues":  # of a repository that is not there any more
        items.insert(0, {**items[0], "repository_url": f"{repos}/Tools/gone"})
    found = listed(asked, items, "items")
    return Answer(200, {**found.body, "incomplete_results": kind == "code"}, found.headers)


def contents(asked: Asked) -> Answer:
    path, ref = asked.named[1].strip("/"), asked.query.get("ref", "trunk")
    if asked.place.at(ref) is None:
        return Answer(404)
    if path == "link":
        return Answer(200, {"type": "symlink", "path": path, "sha": "0" * 40, "size": 9, "target": "../outside"})
    if path == "module":
        url = "https://git.example/lib.git"
        return Answer(200, {"type": "submodule", "path": path, "sha": "0" * 40, "size": 0, "submodule_git_url": url})
    if path == "garbled":
        return Answer(200, {"type": "file", "path": path, "size": 3, "encoding": "base64", "content": "%%%"})
    if path == "huge":
        errors = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        return Answer(403, {"message": "This API returns blobs up to 100 MB in size.", "errors": errors})
    if path == "crowd":
        return Answer(200, [{"type": "file", "path": f"crowd/{number}", "size": 1} for number in range(1000)])
    files = asked.place.files(ref)
    if path in files:
        content = asked.place.blobs[files[path]]
        if "raw" in asked.accept:
            return Answer(200, content, {"Content-Type": "application/octet-stream"})
        small = len(content) <= 1_000_000
        encoded = {"encoding": "base64" if small else "none", "content": base64.encodebytes(content).decode()}
        about = {"type": "file", "path": path, "sha": files[path], "size": len(content), **encoded}
        return Answer(200, about if small else {**about, "content": ""})
    below = sorted(name for name in files if name.startswith(f"{path}/" if path else ""))
    entries = [{"type": "file", "path": name, "size": None} for name in below]
    return Answer(200, entries) if entries else Answer(404, b"<h1>Not here</h1>", {"Content-Type": "text/html"})


def tree(asked: Asked) -> Answer:
    if asked.place.at(asked.named[1]) is None:
        return Answer(404)
    return Answer(200, {"tree": [{"path": name, "type": "blob"} for name in asked.place.files(asked.named[1])]})


def _commit_about(place: Place, sha: str) -> dict[str, Any]:
    commit = place.commits[sha]
    inner = {"message": commit["message"], "author": None, "committer": {"date": WHEN}}
    return {"sha": sha, "commit": inner, "author": None, "parents": [{"sha": one} for one in commit["parents"]]}


def history(asked: Asked) -> Answer:
    sha, found = asked.place.at(asked.query.get("sha", "trunk")), []
    while sha is not None:
        found.append(_commit_about(asked.place, sha))
        sha = next(iter(asked.place.commits[sha]["parents"]), None)
    return listed(asked, found)


def commit(asked: Asked) -> Answer:
    sha = asked.place.at(asked.named[1])
    return Answer(200, {**_commit_about(asked.place, sha), "files": None, "stats": None}) if sha else Answer(404)


def git_commit(asked: Asked) -> Answer:
    commit = asked.place.commits[asked.named[1]]
    return Answer(200, {"sha": asked.named[1], "tree": {"sha": commit["tree"]}, "message": commit["message"]})


def branches(asked: Asked) -> Answer:
    return listed(asked, [{"name": one, "commit": {"sha": sha}} for one, sha in sorted(asked.place.refs.items())])


def ref(asked: Asked) -> Answer:
    sha = asked.place.refs.get(asked.named[1])
    return Answer(200, {"ref": f"refs/heads/{asked.named[1]}", "object": {"sha": sha}}) if sha else Answer(404)


def new_ref(asked: Asked) -> Answer:
    name = asked.body["ref"].removeprefix("refs/heads/")
    if name in asked.place.refs:
        return Answer(422, {"error": "there already"})
    asked.place.refs[name] = asked.body["sha"]
    return Answer(201, {"ref": asked.body["ref"], "object": {"sha": asked.body["sha"]}})


def move_ref(asked: Asked) -> Answer:
    sha = asked.body["sha"]
    if asked.place.refs[asked.named[1]] not in asked.place.commits[sha]["parents"]:
        return Answer(422, b"not a fast forward", {"Content-Type": "text/plain"})
    asked.place.refs[asked.named[1]] = sha
    return Answer(200, {"ref": f"refs/heads/{asked.named[1]}", "object": {"sha": sha}})


def new_blob(asked: Asked) -> Answer:
    return Answer(201, {"sha": asked.place.blob(base64.b64decode(asked.body["content"]))})


def new_tree(asked: Asked) -> Answer:
    files = dict(asked.place.trees[asked.body["base_tree"]])
    for entry in asked.body["tree"]:
        sha = asked.place.blob(entry["content"].encode()) if "content" in entry else entry["sha"]
        files = {name: kept for name, kept in {**files, entry["path"]: sha}.items() if kept is not None}
    return Answer(201, {"sha": asked.place.tree(files)})


def new_commit(asked: Asked) -> Answer:
    return Answer(201, {"sha": asked.place.commit(*(asked.body[name] for name in ("tree", "message", "parents")))})
