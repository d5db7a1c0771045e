"""What a developer uses the servers with: access tokens, API keys, calls, client configuration."""
