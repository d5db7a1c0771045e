"""The tools. One method is one tool; its docstring is the description that models read."""
