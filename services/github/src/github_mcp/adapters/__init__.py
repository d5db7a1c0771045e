"""The ports over GitHub's REST and GraphQL APIs, and the store of private readings."""
