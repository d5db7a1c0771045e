"""Authentication: from the credential of a request to a `Caller`, or to the reason why not."""
