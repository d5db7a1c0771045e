"""The base class of the models that tools return."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable model."""

    model_config = ConfigDict(frozen=True, strict=False, allow_inf_nan=False)
