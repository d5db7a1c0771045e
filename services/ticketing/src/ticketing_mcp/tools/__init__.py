"""Tools: each method is one tool, and its docstring is the description that models read."""
