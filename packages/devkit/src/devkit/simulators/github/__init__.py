"""A simulator of the part of GitHub's REST and GraphQL APIs that the github server uses, over real git repositories.

It identifies itself as a simulator in the `Server` header and on its page. Tests check its responses against GitHub's
published OpenAPI description, and its GraphQL schema against the published one. Unknown routes return 404, as at
GitHub.
"""
