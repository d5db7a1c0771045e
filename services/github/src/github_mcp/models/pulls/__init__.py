"""Pull requests and reviews."""
