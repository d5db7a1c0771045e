"""An OAuth 2.1 authorization server for development: real flows, real signatures, no real people. Loopback only."""
