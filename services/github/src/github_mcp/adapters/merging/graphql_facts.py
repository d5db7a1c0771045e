"""What decides about a merge, in one request to GitHub's GraphQL API.

Accounts without administration rights read branch protection here (`refUpdateRule`), and GitHub's own verdicts: whether
a check is required, the review decision, resolved conversations, and whether the account may bypass requirements. REST
shows them none of these. Fields of teams are left out: they need a right (`read:org`) without which GitHub refuses the
whole request.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from github_mcp.adapters.api.client import GitHubApi
from github_mcp.adapters.api.errors import UnexpectedResponse
from github_mcp.adapters.api.graphql import GraphAnswer
from github_mcp.adapters.merging.rest_facts import check_state, status_state
from github_mcp.models.identifiers import RepositoryName
from github_mcp.models.merging.branch_rules import METHODS, BranchRules, RequiredCheck, of_rulesets
from github_mcp.models.merging.facts import ChangedPaths, CheckState, MergeFacts, OpenThreads, Opinion
from servicekit.core import Refused
from servicekit.schema import Missing

Result = TypeVar("Result")

_DOCUMENT: Final = """
query($owner: String!, $name: String!, $number: Int!) {
  rateLimit { cost }
  repository(owner: $owner, name: $name, followRenames: false) {
    isArchived
    viewerCanAdminister
    mergeCommitAllowed
    squashMergeAllowed
    rebaseMergeAllowed
    pullRequest(number: $number) {
      mergeStateStatus
      reviewDecision
      isMergeQueueEnabled
      viewerCanMergeAsAdmin
      baseRef {
        refUpdateRule {
          requiredApprovingReviewCount
          requiredStatusCheckContexts
          requiresCodeOwnerReviews
          requiresConversationResolution
          requiresLinearHistory
          requiresSignatures
        }
        branchProtectionRule {
          requiresStatusChecks
          requiresStrictStatusChecks
          requiredStatusChecks { context app { databaseId } }
          requireLastPushApproval
          requiresDeployments
          restrictsPushes
          lockBranch
        }
        rules(first: 100) {
          nodes {
            type
            repositoryRuleset { databaseId }
            parameters {
              ... on PullRequestParameters {
                allowedMergeMethods
                requireCodeOwnerReview
                requireLastPushApproval
                requiredApprovingReviewCount
                requiredReviewThreadResolution
              }
              ... on RequiredStatusChecksParameters {
                strictRequiredStatusChecksPolicy
                requiredStatusChecks { context integrationId }
              }
            }
          }
        }
      }
      latestOpinionatedReviews(first: 100, writersOnly: true) { nodes { state author { login } } }
      reviewThreads(first: 100) { totalCount nodes { isResolved path line } }
      files(first: 100) { totalCount nodes { path } }
      commits(last: 1) {
        nodes {
          commit {
            statusCheckRollup {
              contexts(first: 100) {
                totalCount
                nodes {
                  __typename
                  ... on CheckRun {
                    name
                    conclusion
                    isRequired(pullRequestNumber: $number)
                    checkSuite { app { databaseId } }
                  }
                  ... on StatusContext { context state isRequired(pullRequestNumber: $number) }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""
_PULL: Final = ("repository", "pullRequest")
_CAPITAL: Final = re.compile("(?<=[a-z])([A-Z])")
_PLACES: Final = 3


async def graphql_facts(api: GitHubApi, repository: RepositoryName, number: int) -> MergeFacts:
    """The facts. A part that GitHub refuses is missing.

    Raises:
        Refused: the whole was refused, as by a server without GraphQL.
    """
    what = f"what pull request #{number} in {repository.full} requires"
    answer = await api.graphql(repository, what, _DOCUMENT, {"number": number}, current=True)
    if answer.find(*_PULL) is None:
        raise UnexpectedResponse
    missing: list[Missing] = []

    def part(name: str, read: Callable[[GraphAnswer], Result]) -> Result | None:
        try:
            return read(answer)
        except Refused as refused:
            missing.append(Missing(part=name, reason=str(refused)))
            return None

    checks, all_checks = part("checks", _checks) or (None, True)
    threads, all_threads = part("review conversations", _threads) or (None, True)
    if not all_threads:
        missing.append(Missing(part="review conversations after the first 100", reason="only those were read"))
    can_bypass = part("the right to bypass", lambda one: one.find(*_PULL, "viewerCanMergeAsAdmin"))
    is_archived = part("repository", lambda one: one.find("repository", "isArchived"))
    rules = part("branch protection", _protection_rules)
    ruleset = part("rulesets", _ruleset_rules)
    is_administrator = part("repository", lambda one: one.find("repository", "viewerCanAdminister"))
    return MergeFacts(
        rules=rules | ruleset if rules is not None and ruleset is not None else rules or ruleset,
        is_administrator=is_administrator if isinstance(is_administrator, bool) else None,
        state=str(part("merge state", lambda one: one.find(*_PULL, "mergeStateStatus")) or "unknown").lower(),
        decision=part("review decision", lambda one: one.find(*_PULL, "reviewDecision") or "NONE"),
        can_bypass=can_bypass if isinstance(can_bypass, bool) else None,
        is_archived=is_archived if isinstance(is_archived, bool) else None,
        methods=part("merge methods of the repository", _methods),
        opinions=part("reviews", _opinions),
        checks=checks if all_checks else None,
        threads=threads,
        paths=part("changed files", _paths),
        missing=missing,
    )


def _methods(answer: GraphAnswer) -> frozenset[str] | None:
    names = ("mergeCommitAllowed", "squashMergeAllowed", "rebaseMergeAllowed")
    allowed = {method: answer.find("repository", name) for method, name in zip(METHODS, names, strict=True)}
    known = all(isinstance(one, bool) for one in allowed.values())
    return frozenset(method for method, one in allowed.items() if one) if known else None


def _protection_rules(answer: GraphAnswer) -> BranchRules:
    base = answer.find(*_PULL, "baseRef")
    shown = answer.find(*_PULL, "baseRef", "refUpdateRule") if base is not None else None
    protection = base.get("branchProtectionRule") if base is not None else None  # administrators only
    viewable = _viewable(shown) if isinstance(shown, Mapping) else BranchRules()
    return viewable | _protection(protection) if isinstance(protection, Mapping) else viewable


def _ruleset_rules(answer: GraphAnswer) -> BranchRules:
    queue = BranchRules(merge_queue=answer.find(*_PULL, "isMergeQueueEnabled") is True)
    if answer.find(*_PULL, "baseRef") is None or answer.find(*_PULL, "baseRef", "rules") is None:
        return queue
    return queue | of_rulesets(_as_in_rest(one) for one in _nodes(answer, "baseRef", "rules") if one is not None)


def _viewable(rule: Mapping[str, Any]) -> BranchRules:
    count, contexts = rule.get("requiredApprovingReviewCount"), rule.get("requiredStatusCheckContexts")
    return BranchRules(
        approvals=count if isinstance(count, int) else 0,
        code_owners=rule.get("requiresCodeOwnerReviews") is True,
        checks=frozenset(RequiredCheck(one) for one in contexts or () if isinstance(one, str)),
        conversations=rule.get("requiresConversationResolution") is True,
        linear_history=rule.get("requiresLinearHistory") is True,
        unchecked=frozenset({"required_signatures"} if rule.get("requiresSignatures") is True else ()),
    )


def _protection(rule: Mapping[str, Any]) -> BranchRules:
    has_checks = rule.get("requiresStatusChecks") is True
    found = [one for one in rule.get("requiredStatusChecks") or () if isinstance(one, Mapping)]
    unchecked = {"requiresDeployments": "required_deployments", "restrictsPushes": "restrictions"}
    return BranchRules(
        last_push=rule.get("requireLastPushApproval") is True,
        checks=frozenset(RequiredCheck(str(one.get("context")), _app(one)) for one in found if has_checks),
        up_to_date=has_checks and rule.get("requiresStrictStatusChecks") is True,
        locked=rule.get("lockBranch") is True,
        unchecked=frozenset(name for field, name in unchecked.items() if rule.get(field) is True),
    )


def _opinions(answer: GraphAnswer) -> list[Opinion] | None:
    if answer.find(*_PULL, "latestOpinionatedReviews") is None:
        return None
    nodes = [one for one in _nodes(answer, "latestOpinionatedReviews") if one is not None]
    return [Opinion(_login(one.get("author")), str(one.get("state"))) for one in nodes]


def _threads(answer: GraphAnswer) -> tuple[OpenThreads, bool]:
    nodes = [one for one in _nodes(answer, "reviewThreads") if one is not None]
    unresolved = [one for one in nodes if one.get("isResolved") is False]
    places = tuple(
        f"{one.get('path')}:{one['line']}" if one.get("line") else str(one.get("path")) for one in unresolved
    )
    total = answer.find(*_PULL, "reviewThreads", "totalCount")
    return OpenThreads(len(unresolved), places[:_PLACES]), not isinstance(total, int) or total <= len(nodes)


def _paths(answer: GraphAnswer) -> ChangedPaths | None:
    if answer.find(*_PULL, "files") is None:
        return None
    nodes = [one for one in _nodes(answer, "files") if one is not None]
    total = answer.find(*_PULL, "files", "totalCount")
    return ChangedPaths(tuple(str(one.get("path")) for one in nodes), not isinstance(total, int) or total <= len(nodes))


def _checks(answer: GraphAnswer) -> tuple[list[CheckState], bool]:
    """The checks of the head, and whether these are all."""
    where = ("commits", "nodes", 0, "commit", "statusCheckRollup")
    if answer.find(*_PULL, *where) is None:
        return [], True
    found = []
    nodes = _nodes(answer, *where, "contexts")
    for one in nodes:
        if one is None:
            continue
        required = one.get("isRequired") is True
        if one.get("__typename") == "StatusContext":
            found.append(CheckState(str(one.get("context")), status_state(one.get("state")), None, required))
        else:
            suite = one.get("checkSuite")
            app = _app(suite) if isinstance(suite, Mapping) else None
            found.append(CheckState(str(one.get("name")), check_state(one.get("conclusion")), app, required))
    total = answer.find(*_PULL, *where, "contexts", "totalCount")
    return found, not isinstance(total, int) or total <= len(nodes)


def _nodes(answer: GraphAnswer, *path: str | int) -> list[Any]:
    nodes = answer.find(*_PULL, *path, "nodes")
    if not isinstance(nodes, list) or any(one is not None and not isinstance(one, Mapping) for one in nodes):
        raise UnexpectedResponse
    return nodes


def _app(record: Mapping[str, Any]) -> int | None:
    app = record.get("app")
    number = app.get("databaseId") if isinstance(app, Mapping) else None
    return number if isinstance(number, int) else None


def _login(author: Any) -> str:
    login = author.get("login") if isinstance(author, Mapping) else None
    return login if isinstance(login, str) else "ghost"  # as GitHub shows deleted accounts


def _as_in_rest(value: Any) -> Any:
    """A rule with the names of REST: ``requiredStatusChecks`` becomes ``required_status_checks``."""
    if isinstance(value, list):
        return [_as_in_rest(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {_CAPITAL.sub(r"_\1", name).lower(): _as_in_rest(inner) for name, inner in value.items()}
    if isinstance(found.get("type"), str):
        found["type"] = found["type"].lower()
    source = found.get("repository_ruleset")
    return {**found, "ruleset_id": source.get("database_id")} if isinstance(source, Mapping) else found
