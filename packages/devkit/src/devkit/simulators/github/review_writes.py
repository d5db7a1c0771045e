"""Writes of reviews that REST and GraphQL share."""

from devkit.simulators.github.api_request import ApiRequest
from devkit.simulators.github.records.accounts import Account
from devkit.simulators.github.records.pulls import Pull
from devkit.simulators.github.records.reviews import Review, ReviewComment, Thread


def add_reply(request: ApiRequest, pull: Pull, thread: Thread, account: Account, body: str) -> ReviewComment:
    """Add a comment to a thread. GitHub makes a review for it."""
    now = request.world.now()
    review = Review(request.world.new_id(), account, "", now, "COMMENTED", pull.head_sha)
    comment = ReviewComment(request.world.new_id(), account, body, now, review.id)
    pull.reviews.append(review)
    thread.comments.append(comment)
    return comment
