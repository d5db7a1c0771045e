"""What decides about a merge: protection, rules, checks, latest reviews and GitHub's verdict."""

import re
from collections.abc import Mapping
from typing import Any

from devkit.simulators.github.graphql.core import commit_node
from devkit.simulators.github.graphql.nodes import Fields, Finders, Graph, Node, account_node, connection
from devkit.simulators.github.graphql.pulls import pull_of
from devkit.simulators.github.merge_rules import (
    CheckResult,
    Verdict,
    changed_paths,
    opinions_of,
    pull_verdict,
    results_of,
    rulesets_of,
    wanted_by,
)

_UNDERSCORE = re.compile("_([a-z])")
_PARAMETERS = {"pull_request": "PullRequestParameters", "required_status_checks": "RequiredStatusChecksParameters"}
_DEFAULTS: Mapping[str, Any] = {"pull_request": {"allowedMergeMethods": ["merge", "squash", "rebase"]}}
_STATUS_STATES = ("success", "failure", "error", "pending")


def _plain(name: str, items: Any, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """A connection of objects that are no nodes."""
    return connection(name, items, lambda one: one, **arguments)


def _base(node: Node, _: Graph) -> dict[str, Any] | None:
    name = pull_of(node).base_ref
    sha = node.of.git.branches().get(name)
    if sha is None:
        return None
    ref = Node("Ref", name, node.of, sum(name.encode()))
    return {
        "id": ref.id, "name": name, "target": commit_node(node.of, sha), "refUpdateRule": _viewable(ref),
        "branchProtectionRule": lambda graph: _protection(ref, graph),
        "rules": lambda _, **arguments: _plain("rules", list(_rules(ref)), arguments),
    }  # fmt: skip


def _viewable(ref: Node) -> dict[str, Any] | None:
    """`RefUpdateRule`: what non-administrators see of the protection."""
    rule = ref.of.protections.get(ref.record)
    if rule is None:
        return None
    return {
        "pattern": ref.record,
        "requiredApprovingReviewCount": rule.approvals,
        "requiredStatusCheckContexts": list(rule.checks),
        "requiresCodeOwnerReviews": rule.code_owners,
        "requiresConversationResolution": rule.conversations,
        "requiresLinearHistory": rule.linear_history,
        "requiresSignatures": rule.signatures,
    }


def _protection(ref: Node, graph: Graph) -> dict[str, Any] | None:
    """`BranchProtectionRule`, which administrators see."""
    rule = ref.of.protections.get(ref.record)
    if rule is None or not graph.request.world.is_admin(graph.request.identity, ref.of):
        return None
    return {
        "isAdminEnforced": rule.admins_too,
        "lockBranch": rule.locked,
        "requireLastPushApproval": rule.last_push,
        "requiresDeployments": False,
        "requiresStatusChecks": bool(rule.checks),
        "requiresStrictStatusChecks": rule.strict,
        "restrictsPushes": rule.restricted,
        "requiredStatusChecks": [
            {"context": name, "app": {"databaseId": app_id} if app_id else None} for name, app_id in rule.checks.items()
        ],
    }


def _rules(ref: Node) -> Any:
    for ruleset in rulesets_of(ref.of, ref.record):
        for kind, parameters in ruleset.rules:
            name = _PARAMETERS.get(kind)
            found = {"__typename": name, **_DEFAULTS.get(kind, {}), **_in_graph(parameters)} if name else None
            own = {"databaseId": ruleset.id}
            yield {"type": kind.upper(), "parameters": found, "repositoryRuleset": own}


def _in_graph(value: Any) -> Any:
    """Parameters of REST with the names of GraphQL."""
    if isinstance(value, list):
        return [_in_graph(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {_UNDERSCORE.sub(lambda match: match[1].upper(), key): _in_graph(inner) for key, inner in value.items()}


def _reviews(node: Node, graph: Graph, *, writersOnly: bool = False, **arguments: Any) -> Mapping[str, Any]:  # noqa: ARG001, N803
    opinions = opinions_of(graph.request.world, node.of, pull_of(node))
    users = {review.user.login: review.user for review in pull_of(node).reviews}
    found = [{"author": account_node(users[login]), "state": state} for login, state in opinions.items()]
    return _plain("latestOpinionatedReviews", found, arguments)


def _commits(node: Node, _: Graph, **arguments: Any) -> Mapping[str, Any]:
    """Only the head, which is all that is needed."""
    head = {"oid": pull_of(node).head_sha, "statusCheckRollup": _rollup(node)}
    return _plain("commits", [{"commit": head}], arguments)


def _rollup(node: Node) -> dict[str, Any] | None:
    pull = pull_of(node)
    results = results_of(node.of, pull.head_sha)
    required = {name for wanted in wanted_by(node.of, pull.base_ref) for name, _ in wanted.checks}

    def contexts(_: Any, **arguments: Any) -> Mapping[str, Any]:
        return _plain("contexts", [_context(one, required=one.name in required) for one in results], arguments)

    return {"contexts": contexts} if results else None


def _context(result: CheckResult, *, required: bool) -> dict[str, Any]:
    def is_required(_: Any, **__: Any) -> bool:
        return required

    if result.app_id is None:
        state = result.state.upper() if result.state in _STATUS_STATES else "PENDING"
        return {"__typename": "StatusContext", "context": result.name, "state": state, "isRequired": is_required}
    conclusion = None if result.state == "pending" else result.state.upper()
    app = {"app": {"databaseId": result.app_id}}
    return {
        "__typename": "CheckRun", "name": result.name, "conclusion": conclusion, "checkSuite": app,
        "isRequired": is_required,
    }  # fmt: skip


def _files(node: Node, _: Graph, **arguments: Any) -> Mapping[str, Any]:
    return _plain("files", [{"path": path} for path in changed_paths(node.of, node.record)], arguments)


def _state(node: Node, graph: Graph) -> str:
    if node.record.state != "open":
        return "UNKNOWN"
    return _verdict(node, graph).state.upper()


def _verdict(node: Node, graph: Graph) -> Verdict:
    return pull_verdict(graph.request.world, node.of, node.record, graph.request.identity)


FIELDS: Fields = {
    "Repository.viewerCanAdminister": lambda node, graph: graph.request.world.is_admin(graph.request.identity, node.of),
    "Repository.isArchived": lambda node, _: node.of.is_archived,
    "Repository.mergeCommitAllowed": lambda node, _: "merge" in node.of.merge_methods,
    "Repository.squashMergeAllowed": lambda node, _: "squash" in node.of.merge_methods,
    "Repository.rebaseMergeAllowed": lambda node, _: "rebase" in node.of.merge_methods,
    "PullRequest.baseRef": _base,
    "PullRequest.commits": _commits,
    "PullRequest.files": _files,
    "PullRequest.latestOpinionatedReviews": _reviews,
    "PullRequest.mergeStateStatus": _state,
    "PullRequest.isMergeQueueEnabled": lambda node, _: any(
        wanted.queue for wanted in wanted_by(node.of, pull_of(node).base_ref)
    ),
    "PullRequest.viewerCanMergeAsAdmin": lambda node, graph: (
        node.record.state == "open" and _verdict(node, graph).can_bypass
    ),
}

FINDERS: Finders = {}
