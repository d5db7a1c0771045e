"""The type of arguments that store text: kept as it was sent, and of limited length.

``Body = Annotated[str, FreeText(10_000, "The full text.")]``
"""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from servicekit.schema.marks import FENCE_LENGTH, GROWTH


@dataclass(frozen=True, slots=True)
class FreeText:
    """Annotation of a `str` argument with text that is stored. Nothing in it is changed, unless it is a name.

    The advertised maximum leaves room for the marks that the text was shown with; the maximum of the original is in
    the description.

    Args:
        longest: most characters of the original.
        description: of the argument.
        shortest: fewest characters besides surrounding white space; 0 allows blank text.
        name: text on one line, such as a title: white space around it is removed.
    """

    longest: int
    description: str
    shortest: int = 1
    name: bool = False

    def _checked(self, text: str) -> str:
        stripped = text.strip()
        if len(stripped) < self.shortest:
            few = f"have at least {self.shortest} characters" if stripped else "not be blank"
            raise ValueError(f"must {few}. Give the text, or leave the argument out where it is optional")
        return stripped if self.name else text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if source is not str:
            raise TypeError(f"FreeText annotates str, not {source!r}: write Annotated[str, FreeText(…)] | None")
        return core_schema.no_info_after_validator_function(
            self._checked, core_schema.str_schema(max_length=self.longest)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {
            **handler(schema),
            "maxLength": GROWTH * self.longest + FENCE_LENGTH,
            "description": f"{self.description} At most {self.longest} characters.",
        }
