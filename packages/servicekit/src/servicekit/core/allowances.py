"""What the policy of a caller's client lets it decide by itself: refunds and discounts."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$")]
MinorUnits = Annotated[int, Field(ge=0, le=10**12)]


class RefundAllowance(BaseModel):
    """Refunds that the holders of a scope make without the approval of a second person."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    scope: Annotated[str, Field(min_length=1, max_length=100, description="Who it is for: holders of this scope.")]
    amounts: Annotated[
        dict[CurrencyCode, MinorUnits] | None,
        Field(
            description="The most that is refunded of one order without approval, in minor units by currency. With "
            "amounts, refunds in any other currency need approval; without, only the days count."
        ),
    ] = None
    days: Annotated[
        int,
        Field(ge=0, le=3650, description="Days after delivery, or after placing where nothing was delivered."),
    ] = 30


class Allowances(BaseModel):
    """The allowances of a caller.

    Attributes:
        refunds: a refund within any of those whose scope the caller has needs no approval; None where the policy says
            nothing about refunds.
        discount_percent: the most that a draft is discounted by; None where the policy says nothing.
    """

    model_config = ConfigDict(frozen=True)

    refunds: tuple[RefundAllowance, ...] | None = None
    discount_percent: int | None = None


NO_ALLOWANCES: Final = Allowances()
