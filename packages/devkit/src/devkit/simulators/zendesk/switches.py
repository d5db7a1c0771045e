"""How the simulated desk behaves where the real one varies: lags, jobs, limits."""

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """Set in tests, or with POST /_simulator/switches."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    search_lag: float = Field(0.0, ge=0, description="Seconds until a search finds a change; minutes at Zendesk.")
    job_seconds: float = Field(0.2, ge=0, description="Seconds that a background job takes.")
    requests_per_minute: int = Field(700, ge=0, description="Requests that the account may send in a minute.")
    updates_per_ticket: int = Field(30, ge=0, description="Updates of a ticket by one user in ten minutes.")
