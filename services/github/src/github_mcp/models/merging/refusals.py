"""GitHub's refusals of a merge, in the words with which this server names a missing requirement beforehand.

Sources: responses of ``PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge``, in public reports of its users.
"""

import re
from typing import Final

from github_mcp.models.merging.readiness import name_of

_NOT_LISTED: Final = re.compile(r"Changes must be made through a pull request|Repository rule violations found")
_WORDS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"at least (\d+) approving review", "it needs {} approving review(s) of people with write access"),
        (r"changes (?:have been |were )?requested|change request", "a reviewer requested changes"),
        (r"code owner reviews? from ([^.\n]+)", "it needs an approval of a code owner: {}"),
        (r"code owner", "it needs an approval of a code owner"),
        (r"last push|most recent .*push", "the last push needs the approval of a person who did not make it"),
        (r'required status check "([^"\n]+)" is (?:failing|failed)', "required check failed: {}"),
        (r'required status check "([^"\n]+)" is (?:pending|in progress|queued)', "required check is not finished: {}"),
        (r'required status check "([^"\n]+)" is expected', "required check did not report yet: {}"),
        (r"(\d+) of \d+ required status checks? (?:are|have|has|is)", "{} required check(s) did not pass"),
        (r"(?:conversation|comment)s? must be resolved", "review conversations must be resolved"),
        (r"merge queue", "the branch takes changes through its merge queue only: add it to the queue on its page"),
        (r"merge commits? (?:is|are) not allowed|must not contain merge commits", "method merge is not allowed there"),
        (r"(squash|rebase) merges? (?:is|are) not allowed", "method {} is not allowed there"),
        (r"signed|verified signatures?", "its commits have to be signed"),
        (r"out.of.date|not up.to.date|is behind", "its branch has to be up to date: update it with its target branch"),
        (r"\blocked\b|protected ref", "the target branch is locked or protected"),
        (r"archived", "the repository is archived: it takes no changes"),
        (r"\bdraft\b", "it is a draft: mark it ready for review first (update_pull_request)"),
        (r"conflict", "it conflicts with its target branch"),
        (r"create or update workflow `?([^`\n]+)`?", "it changes {}, which needs the `workflow` permission"),
        (r"base branch was modified", "its target branch changed meanwhile: call again"),
    )
)


def reasons_in(message: str) -> tuple[str, ...]:
    """What a refusal says is missing; empty where its words are not known."""
    found = dict[str, None]()
    for line in message.splitlines():
        if _NOT_LISTED.fullmatch(line.strip(" .")):
            continue
        for pattern, words in _WORDS:
            if (match := pattern.search(line)) is not None:
                found[words.format(*(name_of(group.strip()) for group in match.groups()))] = None
                break
    return tuple(found)
