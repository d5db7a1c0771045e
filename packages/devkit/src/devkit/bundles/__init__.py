"""Packages of a server for desktop applications (`.mcpb`) and its entry for a registry (`server.json`)."""
