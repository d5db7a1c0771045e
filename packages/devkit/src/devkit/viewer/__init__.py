"""The telemetry viewer of the development stack: an OTLP/HTTP receiver in bounded memory, and a live page."""
