"""Traces, metrics and logs of a server, with secrets redacted."""
