"""The telemetry viewer of the development stack: an OTLP/HTTP receiver with bounded memory, and a live page."""
