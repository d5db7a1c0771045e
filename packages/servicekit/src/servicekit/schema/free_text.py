"""The type of arguments that store text: kept as it was sent, and of limited length.

``Body = Annotated[str, FreeText(10_000, "The full text.")]``
"""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_WORTH_SAYING: Final = 256
"""Characters. Names are shorter than their limit anyway."""
_GUARD: Final = 40_000
"""Characters. Limits above it, some 10 000 tokens, are beyond what a model writes: they protect the server."""


@dataclass(frozen=True, slots=True)
class FreeText:
    """Annotation of a `str` argument with text that is stored. Nothing in it is changed, unless it is a name.

    The length of the original counts. Clients that validate against the schema may send more, since the text can come
    with the marks that it was shown with: the schema has no maximum, and the description says one that matters.

    Args:
        longest: most characters.
        description: of the argument.
        shortest: fewest characters.
        blank: text of nothing but white space is allowed.
        name: a title or name: white space around it is removed.
    """

    longest: int
    description: str
    shortest: int = 1
    blank: bool = False
    name: bool = False

    def _checked(self, text: str) -> str:
        if len(text) < self.shortest:
            raise ValueError(f"must have at least {self.shortest} character{'s' if self.shortest > 1 else ''}")
        if self.blank:
            return text
        stripped = text.strip()
        if not stripped:
            raise ValueError("must not be blank")
        return stripped if self.name else text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source is not str:
            raise TypeError(f"FreeText annotates str, not {source!r}: write Annotated[str, FreeText(…)] | None")
        return core_schema.no_info_after_validator_function(
            self._checked, core_schema.str_schema(max_length=self.longest)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        most = f" At most {self.longest} characters." if _WORTH_SAYING < self.longest <= _GUARD else ""
        return {"type": "string", "description": self.description + most}
