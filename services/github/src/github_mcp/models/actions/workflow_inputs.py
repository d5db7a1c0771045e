"""The inputs with which a workflow can be started by hand, read from its file, and their check."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from servicekit.core import Refused
from servicekit.schema import unknown_value
from servicekit.settings.bounded_yaml import InvalidYaml, read_yaml

Value = str | int | float | bool
_BEGIN: Final = re.compile(r"(?:on|'on'|\"on\"|true)\s*:")
_NEXT_KEY: Final = re.compile(r"[^\s#\-\]}]")
_PLAIN: Final = re.compile(r"[\w .:/@+-]{1,60}")
_LARGEST: Final = 256 * 1024
"""Characters of a file that is read. Larger ones are GitHub's to check."""
_SHOWN: Final = 25
_DISPATCH: Final = "workflow_dispatch"


@dataclass(frozen=True, slots=True)
class Input:
    """An input of a workflow.

    Attributes:
        kind: string, choice, boolean, number or environment.
        options: of a choice; empty where they are not known for certain, such as `1.10`, which is no text.
        is_needed: required, and without a default.
    """

    name: str
    kind: str
    options: Sequence[str]
    is_needed: bool

    @property
    def words(self) -> str:
        """Its name and rule, for messages; names and options in other than plain characters are left out."""
        shown = [option for option in self.options[:_SHOWN] if _PLAIN.fullmatch(option)]
        rule = f"one of {', '.join(shown)}" if shown else self.kind
        return f"{self.name} ({rule}{', required' if self.is_needed else ''})"


class Unreadable(Exception):
    """The triggers of a workflow file cannot be read, so only GitHub can check the inputs."""


def triggers_of(text: str) -> Any:
    """What stands under `on:` in a workflow file. Only that part of the file is parsed.

    Raises:
        Unreadable: it cannot be read.
    """
    if len(text) > _LARGEST:
        raise Unreadable
    lines = text.split("\n")
    begin = next((number for number, line in enumerate(lines) if _BEGIN.match(line)), None)
    if begin is None:
        raise Unreadable
    end = next((n for n in range(begin + 1, len(lines)) if _NEXT_KEY.match(lines[n])), len(lines))
    try:
        content = read_yaml("\n".join(lines[begin:end]) + "\n")
    except InvalidYaml:
        raise Unreadable from None
    if not isinstance(content, dict) or len(content) != 1:
        raise Unreadable
    return next(iter(content.values()))  # a bare `on` is the boolean true in YAML 1.1


def declared_inputs(triggers: Any) -> list[Input] | None:
    """The inputs under `workflow_dispatch`; None where it is not among the triggers.

    Raises:
        Unreadable: a name is no text, such as `no`, which YAML 1.1 and GitHub read differently.
    """
    if triggers == _DISPATCH or (isinstance(triggers, list) and _DISPATCH in triggers):
        return []
    if not isinstance(triggers, Mapping) or _DISPATCH not in triggers:
        return None
    section = triggers[_DISPATCH]
    declared = section.get("inputs") if isinstance(section, Mapping) else None
    if not isinstance(declared, Mapping):
        return []
    if not all(isinstance(name, str) for name in declared):
        raise Unreadable
    return [_input(name, rule) for name, rule in declared.items()]


def checked_inputs(sent: Mapping[str, Value], declared: Sequence[Input], file: str) -> dict[str, str]:
    """The inputs as GitHub takes them: texts.

    Raises:
        Refused: one is unknown, missing or not allowed.
    """
    known = {one.name: one for one in declared}
    takes = f"{file} takes: {'; '.join(one.words for one in declared[:_SHOWN])}." if declared else f"{file} takes none."
    for name in sent:
        if name not in known:
            raise unknown_value("inputs", f"input of {file}", name, list(known), takes)
    for one in declared:
        if one.is_needed and one.name not in sent:
            raise Refused(f"inputs must have `{one.name}`: {file} requires it. {takes}")
    return {name: _checked(known[name], value, takes) for name, value in sent.items()}


def as_text(value: Value) -> str:
    """A value as GitHub takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _input(name: str, rule: Any) -> Input:
    rules: Mapping[Any, Any] = rule if isinstance(rule, Mapping) else {}
    options = rules.get("options")
    return Input(
        name=name,
        kind=str(rules.get("type") or "string"),
        options=options if isinstance(options, list) and all(isinstance(one, str) for one in options) else [],
        is_needed=rules.get("required") is True and rules.get("default") is None,
    )


def _checked(one: Input, value: Value, takes: str) -> str:
    text = as_text(value)
    if one.kind == "choice" and one.options and text not in one.options:
        alike = [option for option in one.options if option.casefold() == text.strip().casefold()]
        if len(alike) != 1:
            raise unknown_value(f"inputs.{one.name}", "option", text, one.options, takes)
        return alike[0]
    if one.kind == "boolean":
        if text.strip().casefold() not in ("true", "false"):
            raise Refused(f"inputs.{one.name} must be true or false. {takes}")
        return text.strip().casefold()
    if one.kind == "number":
        try:
            float(text)
        except ValueError:
            raise Refused(f"inputs.{one.name} must be a number, for example 3. {takes}") from None
    return text
