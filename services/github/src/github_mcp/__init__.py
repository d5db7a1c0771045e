"""The GitHub server: repositories, issues, pull requests, actions and releases."""
