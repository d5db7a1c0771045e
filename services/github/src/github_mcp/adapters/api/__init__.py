"""The connection to GitHub: REST and GraphQL, credentials, grants, pages and refusals in words."""
