"""The root, accounts and repositories."""

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.graphql.nodes import (
    Fields,
    Finders,
    Graph,
    GraphError,
    Node,
    account_node,
    repository_node,
)
from devkit.simulators.github.records.repositories import Repository


def commit_node(repository: Repository, sha: str) -> Node:
    """A commit."""
    return Node("Commit", sha, repository, int(sha[:8], 16))


def _repository(_: None, graph: Graph, *, owner: str, name: str, followRenames: bool = True) -> Node:  # noqa: N803
    world, full_name = graph.request.world, f"{owner}/{name}".lower()
    found = world.repositories.get(full_name)
    if found is None and followRenames:
        found = world.by_id(world.former_names.get(full_name, 0))
    if found is None or not world.can_see(graph.request.identity, found):
        raise GraphError("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    return repository_node(found)


def _object(node: Node, _: Graph, *, expression: str | None = None, oid: str | None = None) -> Node | None:
    """The commit that a branch, tag or SHA names; the simulator has no other objects of the graph."""
    sha = node.of.git.resolve(expression or oid or "")
    return commit_node(node.of, sha) if sha is not None else None


def _default_branch(node: Node, _: Graph) -> Node | None:
    name = node.of.default_branch
    return Node("Ref", name, node.of, sum(name.encode())) if name in node.of.git.branches() else None


def _find_repository(request: ApiRequest, number: int) -> Node | None:
    found = next((one for one in request.world.visible(request.identity) if one.id == number), None)
    return repository_node(found) if found is not None else None


def _find_account(request: ApiRequest, number: int) -> Node | None:
    found = next((one for one in request.world.accounts.values() if one.id == number), None)
    return account_node(found) if found is not None else None


FIELDS: Fields = {
    "Query.repository": _repository,
    "Query.node": lambda _, graph, **arguments: graph.find(arguments["id"]),
    "Query.rateLimit": lambda _, graph, **__: graph.limits,
    "Query.viewer": lambda _, graph: account_node(graph.request.signed_in()),
    "Node.id": lambda node, _: node.id,
    "Actor.login": lambda node, _: node.record.login,
    "Actor.url": lambda node, graph: f"{graph.request.urls.web}/{node.record.login}",
    "Bot.login": lambda node, _: node.record.login.removesuffix("[bot]"),
    "User.name": lambda node, _: node.record.name,
    "Organization.name": lambda node, _: node.record.name,
    "Repository.name": lambda node, _: node.of.name,
    "Repository.nameWithOwner": lambda node, _: node.of.full_name,
    "Repository.isPrivate": lambda node, _: node.of.private,
    "Repository.owner": lambda node, _: account_node(node.of.owner),
    "Repository.url": lambda node, graph: graph.request.urls.page(node.of),
    "Repository.object": _object,
    "Repository.defaultBranchRef": _default_branch,
    "Ref.name": lambda node, _: node.record,
    "Ref.target": lambda node, _: commit_node(node.of, node.of.git.branches()[node.record]),
    "GitObject.oid": lambda node, _: node.record,
    "GitObject.abbreviatedOid": lambda node, _: node.record[:7],
    "GitObject.repository": lambda node, _: repository_node(node.of),
}

FINDERS: Finders = {
    "Repository": _find_repository,
    **dict.fromkeys(("User", "Organization", "Bot"), _find_account),
}
