"""What tools take and return."""
