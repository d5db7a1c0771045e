"""Seasons, weekdays and hours of orders."""

from dataclasses import dataclass

from servicekit.sample_data.plan import SamplePlan

ORDERS_PER_CUSTOMER = 5


@dataclass(frozen=True)
class Plan(SamplePlan):
    """A data set of orders."""

    MONTHS = (0, 80, 78, 88, 92, 97, 95, 90, 88, 96, 104, 150, 142)
    WEEKDAYS = (108, 102, 100, 98, 96, 104, 112)
    HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 14, 15, 17, 18, 16, 11, 6)

    def customers_of(self, tenant: int) -> int:
        """Number of customers of a tenant, at least one."""
        return self.count_of(tenant) // ORDERS_PER_CUSTOMER + 1
