"""What `make doctor` finds with the packages installed: the running stack, clients and optional tools."""
