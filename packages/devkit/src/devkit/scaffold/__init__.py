"""Makes and removes servers and tools of the workspace (`make new`, `make remove`)."""
