"""What a model can do here: one method is one tool, and its docstring is what the model reads."""
