"""The base of everything a service gives back."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable record, as it was when it was read."""

    model_config = ConfigDict(frozen=True, strict=False, allow_inf_nan=False)
