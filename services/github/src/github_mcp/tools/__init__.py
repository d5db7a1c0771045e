"""The tools, by noun. One method is one tool; its docstring is the description that models read."""
