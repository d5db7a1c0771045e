"""GitHub: repositories, issues, pull requests, actions and releases, for people with agents."""
