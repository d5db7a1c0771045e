"""Errors of authentication."""


class InvalidCredential(Exception):
    """The credential is invalid.

    Attributes:
        reason: a short code for metrics and logs, such as ``expired``. It contains no part of the credential.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason


class VerificationUnavailable(Exception):
    """Credentials cannot be verified: the issuer is unreachable, and no signing key is known or it must be asked."""
