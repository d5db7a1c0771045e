"""Streamable HTTP: middleware, routes, and the HTTP/1.1 parser's bounds."""
