"""Exception mapping: the reply to a call that ended with an exception."""

import math
from typing import Final

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.errors import CallError, Overloaded
from servicekit.pipeline.confirmation import CONFIRMATION, CONFIRMATION_FORM, ConfirmationRequired
from servicekit.pipeline.elicitation import InputRequired, form_request
from servicekit.pipeline.request import Reply, RequestInfo

_INPUT_REQUIRED: Final = "This call needs input from your client's user first."


def map_exception(error: Exception, request: RequestInfo) -> Reply | None:
    """The reply to a call that ended with `error`; None where that is a crash, of which the caller reads nothing."""
    match error:
        case ConfirmationRequired():
            return _confirmation_reply(error, request)
        case InputRequired():
            return Reply(error.outcome, _INPUT_REQUIRED, input_requests=error.input_requests, state=error.state)
        case Overloaded():
            return overloaded(error)
        case CallError():
            return Reply(error.outcome, str(error), meta=error.meta)
        case _:
            return None


def rate_limited(decision: RateLimitDecision, words: str | None = None) -> Reply:
    """The reply to a message that is over a rate limit.

    Args:
        words: for a message that is no call, a sentence with `{wait}` for the seconds.
    """
    wait = decision.retry_after
    text = decision.message if words is None else words.format(wait=math.ceil(wait))
    return Reply("rate_limited", text, meta={"fleet/retry_after": wait}, decision=decision, retry_after=wait)


def overloaded(error: Overloaded) -> Reply:
    """The reply to a call for which there is no concurrency slot."""
    return Reply(error.outcome, str(error), meta=error.meta, retry_after=error.retry_after)


def _confirmation_reply(required: ConfirmationRequired, request: RequestInfo) -> Reply:
    """The preview: shown to the client's user where the client supports elicitation, else to the model."""
    outcome, effect = required.outcome, required.preview.effect
    if "elicitation" in request.input_capabilities:
        form = form_request(f"{effect} Do you agree?", CONFIRMATION_FORM)
        return Reply(outcome, effect, input_requests={CONFIRMATION: form}, state=required.state)
    preview = required.preview.model_dump_json(exclude_none=True)
    text = (
        f"Nothing was done yet. {effect} Show this to the person you act for. If they agree, call {required.tool} "
        f"within 10 minutes with this token: {required.state}\nPreview: {preview}"
    )
    return Reply(outcome, text, meta={"fleet/confirmation_token": required.state})
