"""The GitHub server's composition root: adapters, toolsets, resources and prompts."""

from github_mcp.adapters.accounts import GitHubAccounts
from github_mcp.adapters.actions.actions import GitHubActions
from github_mcp.adapters.actions.checks import GitHubChecks
from github_mcp.adapters.actions.dispatches import GitHubDispatches
from github_mcp.adapters.actions.run_control import GitHubRunControl
from github_mcp.adapters.actions.workflows import GitHubWorkflows
from github_mcp.adapters.alerts.alerts import GitHubAlerts
from github_mcp.adapters.api.connection import connection
from github_mcp.adapters.commits.commits import GitHubCommits
from github_mcp.adapters.commits.history import GitHubHistory
from github_mcp.adapters.issues.issues import GitHubIssues
from github_mcp.adapters.issues.planning import GitHubPlanning
from github_mcp.adapters.merging.merging import GitHubMerging
from github_mcp.adapters.people import GitHubPeople
from github_mcp.adapters.pulls.changed_files import GitHubChangedFiles
from github_mcp.adapters.pulls.edits import GitHubPullEdits
from github_mcp.adapters.pulls.pulls import GitHubPulls
from github_mcp.adapters.pulls.reviews import GitHubReviews
from github_mcp.adapters.releases import GitHubReleases
from github_mcp.adapters.repositories.files import GitHubFiles
from github_mcp.adapters.repositories.repositories import GitHubRepositories
from github_mcp.adapters.repositories.setup import GitHubRepositorySetup
from github_mcp.completions import GithubCompletions
from github_mcp.identity import IDENTITY
from github_mcp.models.files.contents import WHOLE
from github_mcp.models.toolsets import LISTED
from github_mcp.prompts import GithubPrompts
from github_mcp.resources import GithubResources
from github_mcp.settings import GithubSettings
from github_mcp.tools.disclosure import Disclosure
from github_mcp.toolsets.actions import actions
from github_mcp.toolsets.history import history
from github_mcp.toolsets.issues import issues
from github_mcp.toolsets.people import people
from github_mcp.toolsets.planning import planning
from github_mcp.toolsets.pull_requests import pull_requests
from github_mcp.toolsets.registration import READ, GitHubPorts
from github_mcp.toolsets.releases import releases
from github_mcp.toolsets.repos import repos
from github_mcp.toolsets.repository_setup import repository_setup
from github_mcp.toolsets.reviews import reviews
from github_mcp.toolsets.security import security
from github_mcp.toolsets.users import users
from github_mcp.toolsets.workflows import workflows
from servicekit.journal.disabled import audit_file_of, journal_for
from servicekit.journal.store_epoch import StoreEpoch
from servicekit.registry import completion, prompt, resource
from servicekit.server import Service
from servicekit.storage.redis.store import redis_store


def build(settings: GithubSettings) -> Service:
    """Assemble the server."""
    store = redis_store(settings)
    epoch = StoreEpoch("github", store, settings.audit_file) if store is not None else None
    github = connection(
        settings.api_url,
        settings.credential,
        store=store,
        epoch=epoch,
        log_hosts=settings.log_hosts,
        timeout=settings.upstream_timeout,
    )
    repositories = GitHubRepositories(github.api)
    ports = GitHubPorts(
        repositories=repositories,
        files=GitHubFiles(github.api),
        commits=GitHubCommits(github.api),
        issues=GitHubIssues(github.api),
        pulls=GitHubPulls(github.api),
        checks=GitHubChecks(github.api),
        merging=GitHubMerging(github.api, github.rights),
        pull_edits=GitHubPullEdits(github.api),
        reviews=GitHubReviews(github.api),
        changed_files=GitHubChangedFiles(github.api),
        actions=GitHubActions(github.api),
        workflows=GitHubWorkflows(github.api),
        run_control=GitHubRunControl(github.api),
        dispatches=GitHubDispatches(github.api),
        releases=GitHubReleases(github.api),
        accounts=GitHubAccounts(github.api, is_app=github.is_app),
        repository_setup=GitHubRepositorySetup(github.api),
        history=GitHubHistory(github.api),
        people=GitHubPeople(github.api),
        planning=GitHubPlanning(github.api),
        alerts=GitHubAlerts(github.api),
        disclosure=Disclosure(repositories, github.readings),
    )
    resources, prompts = GithubResources(ports.files, ports.pulls, ports.actions), GithubPrompts()
    completions = GithubCompletions(ports.accounts, repositories)

    return Service(
        settings=settings,
        identity=IDENTITY,
        store=store,
        journal=journal_for("github", store, audit_file_of(settings), epoch),
        components=[github.upstream],
        toolsets=LISTED,
        grants=["repositories"],
        tools=[
            *repos(ports),  # search, files, branches and commits
            *issues(ports),
            *pull_requests(ports),  # opening, reviewing, merging
            *reviews(ports),  # answering reviews, requesting them, changing a pull request
            *actions(ports),  # CI: checks, logs, reruns
            *workflows(ports),  # runs: history, detail, reruns, stopping and starting them
            *releases(ports),
            *history(ports),  # comparisons and blame
            *repository_setup(ports),  # creating, forking, deleting branches
            *planning(ports),  # milestones, issue types, sub-issues
            *security(ports),  # alerts, under a scope of their own
            *users(ports),  # the account in use and its quota
            *people(ports),  # users, collaborators, teams
        ],
        resources=[
            resource(
                "repo://{owner}/{repo}/{ref}/contents/{+path}",
                resources.file,
                scope=READ,
                title="A file",
                budget=WHOLE,
                toolset="repos",
            ),
            resource(
                "pr://{owner}/{repo}/{number}/diff",
                resources.diff,
                scope=READ,
                title="The diff of a pull request",
                mime_type="text/x-diff",
                budget=WHOLE,
                toolset="pull_requests",
            ),
            resource(
                "run://{owner}/{repo}/{job_id}/log",
                resources.log,
                scope=READ,
                title="The log of a job",
                budget=WHOLE,
                toolset="actions",
            ),
        ],
        prompts=[
            prompt(prompts.code_review, scope=READ, toolset="pull_requests"),
            prompt(prompts.triage_issue, scope=READ, toolset="issues"),
            prompt(prompts.explain_ci_failure, scope=READ, toolset="actions"),
            prompt(prompts.draft_release_notes, scope=READ, toolset="releases"),
        ],
        completions=[
            completion("owner", completions.owner, scope=READ),
            completion("repo", completions.repo, scope=READ),
            completion("ref", completions.ref, scope=READ),
        ],
    )
