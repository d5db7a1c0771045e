"""Parses the YAML of a configuration file into a model."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from servicekit.settings.bounded_yaml import InvalidYaml, Pace, read_yaml
from servicekit.settings.errors import InvalidContent

Model = TypeVar("Model", bound=BaseModel)

_SHOWN_PROBLEMS: Final = 10
_SLICE: Final = 100  # entries that are validated at once: half a millisecond
_MOST_MADE: Final = 1024


class Entries(Mapping[str, Model], Generic[Model]):
    """A long mapping of models, kept as JSON. A value is made at its first use; the last thousand are kept.

    Ten thousand clients as models would be more than a hundred thousand objects, through all of which the garbage
    collector would go, while calls wait.
    """

    def __init__(self, model: type[Model], texts: dict[str, bytes]) -> None:
        self._texts = texts
        self._made = lru_cache(_MOST_MADE)(lambda key: model.model_validate_json(texts[key]))

    def __getitem__(self, key: str) -> Model:
        return self._made(key)

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def parse_yaml(text: str, model: type[Model], file: str, pace: Pace | None = None) -> Model:
    """Parse YAML into a model.

    Args:
        file: the file in messages, such as ``The policy file``.
        pace: of work in a thread.

    Raises:
        InvalidContent: not YAML, or not this schema. The message gives the position of each problem, without quotes.
    """
    try:
        content = read_yaml(text, pace)
    except InvalidYaml as error:
        raise InvalidContent(f"{file} {error}.") from None
    try:
        return _validated(content, model, pace or Pace())
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False)[:_SHOWN_PROBLEMS]
        lines = [f"{'.'.join(map(str, problem['loc'])) or 'the file'}: {problem['msg']}" for problem in problems]
        raise InvalidContent(f"{file} breaks its schema. " + "; ".join(lines)) from None


def _validated(content: Any, model: type[Model], pace: Pace) -> Model:
    """The model of some content. A long mapping is validated in slices, since a validation holds the interpreter lock
    to its end, and becomes `Entries`."""
    if not isinstance(content, dict):
        return model.model_validate(content)
    long = {name: value for name, value in content.items() if isinstance(value, dict) and len(value) > _SLICE}
    rest = {**content, **{name: {} for name in long}}
    found = model.model_validate(rest)
    for name, entries in long.items():
        texts: dict[str, bytes] = {}
        for part in _slices(entries):
            valid: dict[str, BaseModel] = getattr(model.model_validate({**rest, name: part}), name)
            kind = type(next(iter(valid.values())))
            texts |= {
                key: entry.__pydantic_serializer__.to_json(entry, exclude_unset=True) for key, entry in valid.items()
            }
            pace.step(_SLICE)
        found = found.model_copy(update={name: Entries(kind, texts)})
    return found


def _slices(entries: Mapping[Any, Any]) -> list[dict[Any, Any]]:
    items = list(entries.items())
    return [dict(items[start : start + _SLICE]) for start in range(0, len(items), _SLICE)]
