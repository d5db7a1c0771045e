"""The page of the development stack: every server, and the telemetry of their calls."""
