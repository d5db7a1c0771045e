"""Exception mapping: the reply to a call that ended with an exception."""

import math
from typing import Final

from pydantic_core import to_json

from servicekit.access.rate_limit import RateLimitDecision
from servicekit.core.errors import CallError, Overloaded
from servicekit.journal.pending import LIFETIME
from servicekit.pipeline.confirmation import CONFIRMATION, CONFIRMATION_FORM, ConfirmationRequired
from servicekit.pipeline.elicitation import InputRequired, form_request
from servicekit.pipeline.request import Reply
from servicekit.registry.preview import shown_text
from servicekit.schema.json_object import JsonObject
from servicekit.telemetry.redaction import redact

_SAID: Final = frozenset({"effect", "version", "shown"})
_INPUT_REQUIRED: Final = "This call needs input from your client's user first."


def map_exception(error: Exception) -> Reply | None:
    """The reply to a call that ended with `error`; None where that is a crash, of which the caller reads nothing."""
    match error:
        case ConfirmationRequired():
            return _confirmation_reply(error)
        case InputRequired():
            return Reply(error.outcome, _INPUT_REQUIRED, input_requests=error.input_requests, state=error.state)
        case Overloaded():
            return overloaded(error)
        case CallError():
            return Reply(error.outcome, redact(str(error)), meta=error.meta)
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


def _confirmation_reply(required: ConfirmationRequired) -> Reply:
    """The preview: for the client's user where the client can ask, else a result for the model."""
    preview, code, outcome = required.preview, required.code, required.outcome
    if code is None:
        form = form_request(f"{shown_text(preview)}\nDo you agree?", CONFIRMATION_FORM)
        return Reply(outcome, preview.effect, input_requests={CONFIRMATION: form}, state=required.state)
    next_step = (
        f"Show this to the person you act for. If they agree, call {code.tool} with code {code.text} within "
        f"{LIFETIME // 60} minutes."
    )
    own = preview.model_dump(mode="json", exclude_none=True)
    answer = {
        "status": outcome,
        "next_step": f"Nothing was done yet. {next_step}",
        "code": code.text,
        "expires_at": code.expires_at,
    }
    details = {name: value for name, value in own.items() if name not in _SAID and name not in preview.shown}
    text = f"Nothing was done yet. {shown_text(preview)}\n{next_step}"
    if details:
        text += f"\nDetails: {to_json(details).decode()}"
    return Reply(outcome, text, JsonObject(to_json({**answer, **own})))
