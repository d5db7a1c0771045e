"""An OAuth 2.1 authorization server for development: real flows and signatures, no passwords, loopback only."""
