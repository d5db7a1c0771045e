"""The condition of a statement, put together from parts that are constant text; values are only ever bound."""


class WhereClause:
    """Predicates and the values bound to them, numbered as they are added."""

    def __init__(self, *values: object) -> None:
        self.values: list[object] = list(values)
        self._predicates: list[str] = []

    def bind(self, value: object) -> str:
        """The placeholder of a further value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def add(self, predicate: str, *values: object) -> None:
        """A predicate with `{}` for each of `values`."""
        self._predicates.append(predicate.format(*map(self.bind, values)))

    def where(self, *further: str) -> str:
        """All of them, and some that bind nothing, as a clause."""
        predicates = [*self._predicates, *further]
        return "WHERE " + " AND ".join(predicates) if predicates else ""
