"""The ports over GitHub's REST API, and the store of private readings."""
