"""One HTTP request: URL, credentials, transport, body, response."""
