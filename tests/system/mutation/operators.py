"""The changes that are made: operators of cosmic-ray, and four more that remove what a line does."""

from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator

# Each comparison and each sum is turned in one or two ways: every other way differs in what it breaks, hardly in which
# test finds it.
_OF_COSMIC_RAY = (
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "AddNot",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "NumberReplacer",
    "ZeroIterationForLoop",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
)

_CALLS = frozenset({"atom_expr", "await", "power"})


class RemoveStatement(Operator):  # type: ignore[misc] # cosmic-ray has no types
    """Replaces a call, an assignment to a part of something, a `raise` or a `del` with `pass`."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if _is_statement(node) and self._acts(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 - one change a place
        # The same number of lines, so that what follows stays where it was.
        lines = node.end_pos[0] - node.start_pos[0]
        prefix = node.get_first_leaf().prefix
        return _leaf(f"({chr(10) * lines})" if lines else "pass", node.start_pos, prefix)

    @staticmethod
    def _acts(node: Any) -> bool:
        if node.type in {"raise_stmt", "del_stmt"} or (node.type == "keyword" and node.value == "raise"):
            return True
        if node.type == "expr_stmt":  # a name that is never assigned would only raise NameError
            return node.children[0].type in _CALLS or not _is_plain(node.children[1])
        return node.type in _CALLS

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            Example("forget(x)", "pass"),
            Example("def f():\n    await x.forget()", "def f():\n    pass"),
            Example("x.y = 1", "pass"),
            Example("x += 1", "pass"),
            Example("raise X", "pass"),
            Example("del x[1]", "pass"),
            Example("f(\n    1,\n)\ny = 2", "(\n\n)\ny = 2"),
        )


class ReturnNone(Operator):  # type: ignore[misc]
    """Replaces what a function returns with None."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "return_stmt" and node.children[1].get_code().strip() != "None":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:  # noqa: ARG002 - one change a place
        lines = node.end_pos[0] - node.start_pos[0]
        value = f" (None{chr(10) * lines})" if lines else " None"
        node.children[1] = _leaf(value.strip(), node.children[1].start_pos, " ")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("def f():\n    return x + 1", "def f():\n    return None"),)


class CatchNothing(Operator):  # type: ignore[misc]
    """Lets through every exception that an `except` clause names, or one of several."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "except_clause":
            for name in self._names(node):
                yield name.start_pos, name.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        name = self._names(node)[index]
        siblings = name.parent.children
        siblings[siblings.index(name)] = _leaf("()", name.start_pos, name.get_first_leaf().prefix)
        return node

    @staticmethod
    def _names(node: Any) -> list[Any]:
        caught = node.children[1]
        if caught.type != "atom":
            return [caught]
        inner = caught.children[1]
        return inner.children[::2] if inner.type == "testlist_comp" else [inner]

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (
            Example("try: f()\nexcept a.X: pass", "try: f()\nexcept (): pass"),
            Example("try: f()\nexcept (X, Y) as e: pass", "try: f()\nexcept (X, ()) as e: pass", occurrence=1),
        )


class SwapMembership(Operator):  # type: ignore[misc]
    """Replaces `in` with `not in` and the other way."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "comparison":
            for child in node.children[1::2]:
                if child.get_code().split() in (["in"], ["not", "in"]):
                    yield child.start_pos, child.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        places = [i for i in range(1, len(node.children), 2) if node.children[i].get_code().split()[-1] == "in"]
        child = node.children[places[index]]
        other = "in" if child.get_code().split() == ["not", "in"] else "not in"
        node.children[places[index]] = _leaf(other, child.start_pos, " ")
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return (Example("x in y", "x not in y"), Example("x not in y", "x in y"))


def every_operator() -> dict[str, Operator]:
    """The operators by their name in the report and in the list of equivalent mutants."""
    ours = {kind.__name__: kind() for kind in (RemoveStatement, ReturnNone, CatchNothing, SwapMembership)}
    return {**{name: get_operator(f"core/{name}")() for name in _OF_COSMIC_RAY}, **ours}


def _is_statement(node: Any) -> bool:
    return node.parent is not None and node.parent.type == "simple_stmt" and node.parent.children[0] is node


def _is_plain(node: Any) -> bool:
    return node.type == "annassign" or (node.type == "operator" and node.value == "=")


def _leaf(code: str, position: tuple[int, int], prefix: str) -> Any:
    return parso.python.tree.Name(code, position, prefix)
