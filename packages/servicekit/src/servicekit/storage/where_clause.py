"""A WHERE clause built from constant text and bound values."""


class WhereClause:
    """Collects predicates and numbers the values bound to them."""

    def __init__(self, *values: object) -> None:
        self.values: list[object] = list(values)
        self._predicates: list[str] = []

    def bind(self, value: object) -> str:
        """Bind a value and return its placeholder."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, predicate: str, *values: object) -> None:
        """Add a predicate with `{}` for each of `values`."""
        self._predicates.append(predicate.format(*map(self.bind, values)))

    def where(self, *further: str) -> str:
        """The clause, with `further` predicates that bind no value."""
        predicates = [*self._predicates, *further]
        return "WHERE " + " AND ".join(predicates) if predicates else ""
