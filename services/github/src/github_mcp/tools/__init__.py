"""What the model can do, by noun. One method is one tool."""
