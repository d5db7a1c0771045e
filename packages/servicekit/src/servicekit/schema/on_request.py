"""Fields that are sent only if the caller asks for them: long values that few callers need, such as random ids.

A field is marked where it is declared::

    requester_id: Annotated[str, OnRequest()]
"""

from dataclasses import dataclass

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class OnRequest:
    """Annotation of a field that a result has only if `fields` names it."""


def sent_on_request(model: type[BaseModel]) -> set[str]:
    """The names of the marked fields of a model."""
    return {
        name for name, info in model.model_fields.items() if any(isinstance(mark, OnRequest) for mark in info.metadata)
    }
