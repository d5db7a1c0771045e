"""The plan of the sample data: how many invoices, and when each was made."""

from servicekit.sample_data.plan import SamplePlan


class Plan(SamplePlan):
    """A data set of invoices, spread evenly over two years."""
