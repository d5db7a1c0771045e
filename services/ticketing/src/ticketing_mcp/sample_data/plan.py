"""Seasons, weekdays and hours of tickets."""

from dataclasses import dataclass

from servicekit.sample_data.plan import SamplePlan

TICKETS_PER_REQUESTER = 6


@dataclass(frozen=True)
class Plan(SamplePlan):
    """A data set of tickets."""

    MONTHS = (0, 104, 98, 102, 98, 97, 96, 90, 88, 104, 106, 104, 92)
    WEEKDAYS = (130, 118, 112, 108, 100, 44, 38)
    HOURS = (2, 1, 1, 1, 2, 4, 9, 14, 20, 22, 21, 19, 18, 20, 21, 19, 17, 14, 11, 9, 7, 5, 4, 3)  # UTC

    def requesters_of(self, tenant: int) -> int:
        """Number of requesters of a tenant, at least one."""
        return self.count_of(tenant) // TICKETS_PER_REQUESTER + 1
