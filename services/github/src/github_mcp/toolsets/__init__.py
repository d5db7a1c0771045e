"""The server's tools, one file a toolset, with their scopes and guards."""
