"""How a call ends that has no result yet, or none at all: in the words that its caller may read."""

from typing import Final

from servicekit.core.errors import Overloaded, Refused, Unavailable
from servicekit.pipeline.confirmation import CONFIRMATION, CONFIRMATION_FORM, ConfirmationRequired
from servicekit.pipeline.elicitation import CapabilityMissing, InputRequired, InvalidRequestState, form_request
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.schema.arguments import InvalidArguments

_QUESTIONS: Final = "Your client has to be asked something first."
_STALE: Final = (
    "The requestState is not good here: altered, for another call, or older than ten minutes. Call again without it."
)


def map_exception(error: Exception, request: RequestInfo) -> Reply | None:
    """The reply to a call that ended with `error`; None where that is a crash, of which a caller reads nothing."""
    match error:
        case ConfirmationRequired():
            return _consent_reply(error, request)
        case InputRequired():
            return Reply("input_required", _QUESTIONS, questions=error.questions, state=error.state)
        case InvalidArguments():
            return Reply("invalid_arguments", str(error))
        case InvalidRequestState():
            return Reply("invalid_request_state", _STALE)
        case CapabilityMissing():
            return Reply("capability_missing", str(error), meta={"requiredCapabilities": {error.capability: {}}})
        case Refused():
            return Reply("refused", str(error))
        case Overloaded():
            return Reply("shed", str(error), meta={"fleet/retry_after": error.retry_after})
        case Unavailable():
            return Reply("unavailable", str(error))
        case _:
            return None


def _consent_reply(needed: ConfirmationRequired, request: RequestInfo) -> Reply:
    """What to show before anything is done: to the client's user where it can ask, else to the model."""
    if "elicitation" in request.input_capabilities:
        question = form_request(f"{needed.preview.effect} Do you agree?", CONFIRMATION_FORM)
        return Reply(
            "confirmation_required", needed.preview.effect, questions={CONFIRMATION: question}, state=needed.state
        )
    preview = needed.preview.model_dump_json(exclude_none=True)
    text = (
        f"Nothing was done yet. {needed.preview.effect} Show this to the person you act for. If they agree, call "
        f"confirm_action within 10 minutes with this token: {needed.state}\nPreview: {preview}"
    )
    return Reply("confirmation_required", text, meta={"fleet/confirmation_token": needed.state})
