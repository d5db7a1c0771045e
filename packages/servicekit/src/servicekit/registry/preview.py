"""The preview of a destructive call, which the user confirms before it runs."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Preview(BaseModel):
    """What a destructive call would do. Subclass it to add fields."""

    model_config = ConfigDict(frozen=True)

    effect: Annotated[str, Field(description="What will happen, in one sentence, with every amount and name in it.")]
    version: Annotated[int, Field(description="Version of the record that this is about.")]
