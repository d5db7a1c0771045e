"""A simulator of GitHub: its REST wire format for what the github server uses, over real git repositories on disk.

It is not GitHub, and says so in the `Server` header and on its page. What it does is checked against GitHub's
published OpenAPI description in the tests; what it does not do answers 404, as GitHub does.
"""
