"""What is wrong with an answer, whatever was asked: failures of the server, and words that no caller may read."""

import json
import re
from typing import Any, Final

from devkit.settings import WORKSPACE
from devkit.simulators.github.world import SIMULATED_TOKEN
from tests.system.load.wire import Answer

from .fleet import STATE_KEY

_INTERNAL: Final = re.compile(
    r"""
    Traceback\ \(most\ recent | File\ "[^"]+",\ line\ \d | site-packages | \.py",\ line | \bat\ 0x[0-9a-f]{6,}
    | <(?:class|function|object|bound\ method)\ ['\w] | \b(?:asyncpg|sqlalchemy|pydantic|starlette|uvicorn|anyio)\b[._]
    | \bpydantic\.dev\b | \b(?:SELECT|INSERT\ INTO|UPDATE|DELETE\ FROM)\ [\w\s,.*()]+\b(?:FROM|VALUES|SET|WHERE)\b
    | \b(?:postgresql|redis|valkey|rediss)://\S | \w+://[^\s/@:"]+:[^\s/@"]+@ | \bUndefined(?:Table|Column)
    | \b(?:KeyError|ValueError|TypeError|IndexError|AttributeError|ValidationError|RecursionError|AssertionError)\b
    """,
    re.VERBOSE,
)
_SECRETS: Final = (STATE_KEY, SIMULATED_TOKEN, str(WORKSPACE))
_FENCED: Final = re.compile(r"<user_content source=\\?\"\w+\\?\">.*?</user_content>", re.DOTALL)
_CRASH: Final = "The server failed on this call"
INTERNAL_ERROR: Final = -32603
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")


def problems(answer: Answer, asked: str) -> list[str]:
    """What is wrong with an answer.

    Args:
        asked: the input as text; what it says itself may be in the answer.
    """
    text = answer.body.decode("utf-8", "replace")
    found = []
    if answer.status >= 500 and answer.status != 503:
        found.append(f"status {answer.status}")
    if _CRASH in text:
        found.append("the call crashed")
    found += [f"a secret is in the answer: {secret[:8]}…" for secret in _SECRETS if secret in text]
    outside = _FENCED.sub("", text)
    for leak in _INTERNAL.finditer(outside):
        if leak[0] not in asked and leak[0] not in asked.encode().decode("unicode_escape", "replace"):
            found.append(f"internal words are in the answer: {leak[0]!r}")
    kind = answer.headers.get("content-type", "")
    if answer.body and ("json" in kind or "event-stream" in kind):
        found += _message_problems(answer)
    return found


def _message_problems(answer: Answer) -> list[str]:
    try:
        message: Any = json.loads(answer.text)
    except ValueError:
        return ["the body is not JSON"]
    if not isinstance(message, dict):
        return ["the body is no message"]
    if "jsonrpc" not in message:  # the challenge of OAuth
        return [] if answer.status in (401, 403) else ["the body is no JSON-RPC message"]
    if (error := message.get("error")) is not None:
        words = str(error.get("message", ""))
        found = ["an error without words"] if len(_WORDS.findall(words)) < 2 else []
        return [*found, "-32603"] if error.get("code") == INTERNAL_ERROR else found
    result = message.get("result", {})
    if result.get("isError"):
        words = " ".join(block.get("text", "") for block in result.get("content", ()))
        if len(_WORDS.findall(words)) < 3:
            return ["a failed call without words"]
    return []


def outcome(answer: Answer) -> str:
    """One word for what became of an input."""
    if b'"isError":true' in answer.body:
        return "refused"
    if answer.status == 200 and b'"error"' not in answer.body[:120]:
        return "done"
    return str(answer.status)
