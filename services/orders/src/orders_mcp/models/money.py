"""Money in whole minor units of one currency; never floats, never added across currencies."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from orders_mcp.models.currencies import ALL_CODES, code_of, exponent, similar_codes
from servicekit.schema import Exact, Identifier, Record

Currency = Annotated[
    str,
    Identifier(
        "a currency code of ISO 4217 such as EUR",
        "EUR",
        pattern="|".join(ALL_CODES),
        normalise=code_of,
        any_script=True,
        similar=similar_codes,
    ),
    Field(description="ISO 4217 code, such as EUR."),
]
MinorUnits = Annotated[
    int, Field(ge=0, le=10**12, description="Needs currency. Minor units: 1999 is 19.99 EUR or 1999 JPY."), Exact()
]


def display(amount_minor: int, currency: str) -> str:
    """The amount as text, such as ``1234.50 EUR``, ``-3 JPY`` or ``0.125 KWD``. Integer arithmetic only."""
    digits = exponent(currency)
    if digits is None:
        return f"{amount_minor} minor units of {currency}"
    sign = "-" if amount_minor < 0 else ""
    if digits == 0:
        return f"{sign}{abs(amount_minor)} {currency}"
    whole, part = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}d} {currency}"


def _drop_descriptions(schema: dict[str, Any]) -> None:
    """Money occurs in most results; its field names explain themselves, so the schema omits descriptions."""
    schema.pop("description", None)
    for field in schema["properties"].values():
        for word in ("description", "readOnly"):
            field.pop(word, None)


class Money(Record):
    """An amount in whole minor units of its currency."""

    model_config = ConfigDict(json_schema_extra=_drop_descriptions)

    amount_minor: int
    currency: str

    @property
    def display(self) -> str:
        """The amount as text, for sentences that people read."""
        return display(self.amount_minor, self.currency)
