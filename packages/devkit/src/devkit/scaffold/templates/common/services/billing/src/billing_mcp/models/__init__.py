"""Records of the service, and the arguments of its tools."""
