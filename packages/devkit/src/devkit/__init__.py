"""The development environment: real stores, an OAuth issuer, simulators and the supervisor of `make up`."""
