"""What a model can do: one method is one tool."""
