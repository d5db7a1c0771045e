"""A simulator of the part of GitHub's REST API that the github server uses, over real git repositories on disk.

It identifies itself as a simulator in the `Server` header and on its page. Tests check its responses against GitHub's
published OpenAPI description. Unknown routes return 404, as at GitHub.
"""
