"""Refusals of arguments in words: what is wrong, with which argument, and an example. They never show a value."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from servicekit.schema.argument_types import INVALID_IDENTIFIER
from servicekit.schema.kinds import Kind, Text
from servicekit.schema.members import Members
from servicekit.schema.suggestions import closest_names, did_you_mean, same_name, shown_name

_SHOWN_PROBLEMS: Final = 10
# Errors that have the same words for every kind; `{}` is the bound.
_WORDS: Final = {
    "union_tag_invalid": "is not one of the allowed kinds",
    "union_tag_not_found": "must say its kind",
    "string_unicode": "must be valid Unicode text",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "string_too_long": "must have at most {max_length} characters",
    "timezone_aware": "must name its time zone, as in 2026-01-31T12:00:00Z",
    "url_parsing": "must be a URL, for example https://example.com",
    "decimal_parsing": "must be a decimal number, for example 2.5",
    "time_parsing": "must be a time, for example 14:30:00",
    "finite_number": "must be a finite number",
}
_OWN_WORDS: Final = frozenset({"value_error", INVALID_IDENTIFIER})
"""Errors whose message was written here, for the caller."""


def refusal(lines: Sequence[str]) -> str:
    """The text of a refusal from its lines."""
    shown = list(lines[:_SHOWN_PROBLEMS])
    if len(lines) > _SHOWN_PROBLEMS:
        shown.append(f"… and {len(lines) - _SHOWN_PROBLEMS} more.")
    return "Invalid arguments. " + " ".join(shown)


def explained(error: ValidationError, root: Members, sent: Mapping[str, Any]) -> str:
    """The refusal of arguments that do not validate."""
    problems = error.errors(include_url=False)
    lines = [_line(problem, root, sent) for problem in problems[:_SHOWN_PROBLEMS]]
    return refusal([*lines, *[""] * (len(problems) - len(lines))])


def _line(problem: Mapping[str, Any], root: Members, sent: Mapping[str, Any]) -> str:
    location = [part for part in problem["loc"] if not str(part).startswith("function-")]
    path = ".".join(map(shown_name, location))
    if problem["type"] == "extra_forbidden":
        return f"{path}: {_unknown(location, root, sent)}"
    kind: Kind = root
    for part in location:
        kind = kind.inner(part)
    words = _words(problem, kind)
    return f"{path}: {words}" if words.endswith((".", "?")) else f"{path}: {words}."


def _words(problem: Mapping[str, Any], kind: Kind) -> str:
    fault, context = problem["type"], problem.get("ctx", {})
    if fault == "missing":
        return f"is required. It {kind.rule}" if kind.rule not in (None, Text.rule) else "is required"
    if isinstance(problem["input"], list) and kind.shape == "value" and kind.rule:
        return f"{kind.rule}. Send one value, not a list"
    if fault in _OWN_WORDS:
        own = kind.wanted(problem["input"]) if fault == INVALID_IDENTIFIER else None
        message = own or str(problem["msg"]).removeprefix("Value error, ")
        words = f"{message[:1].lower()}{message[1:]}".rstrip(".")
        suggestion = did_you_mean(kind.similar(problem["input"]))
        return f"{words}.{suggestion}" if suggestion else words
    if fault == "string_too_short":
        least = context["min_length"]
        return "must not be empty" if least == 1 else f"must have at least {least} characters"
    if fault in _WORDS:
        return _WORDS[fault].format_map(context)
    return kind.wanted(problem["input"]) or "does not have the form that the schema describes"


def _unknown(location: Sequence[Any], root: Members, sent: Mapping[str, Any]) -> str:
    """The words for an argument or member that does not exist: the one that may be meant, then all there are."""
    owner: Kind = root
    given: Any = sent
    for part in location[:-1]:
        owner = owner.inner(part)
        given = _member(given, part)
    what = "argument" if owner is root else "member"
    if not isinstance(owner, Members):
        return f"unknown {what}."
    sent_twice = [name for name in owner.members if same_name(name) == same_name(str(location[-1]))]
    if sent_twice:
        return f"the same {what} as `{sent_twice[0]}`, which was sent as well. Send one of them."
    free = [name for name in owner.members if not isinstance(given, Mapping) or name not in given]
    allowed = ", ".join(owner.members) or "none"
    suggestion = did_you_mean(closest_names(str(location[-1]), free))
    return f"unknown {what}.{suggestion} Allowed: {allowed}."


def _member(value: Any, part: Any) -> Any:
    try:
        return value[part]
    except (LookupError, TypeError):
        return None
