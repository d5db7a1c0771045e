"""What can be wrong with a credential."""


class InvalidCredential(Exception):
    """A credential was presented and is not good.

    Attributes:
        reason: a word or two for metrics and logs; never a part of the credential.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class VerificationUnavailable(Exception):
    """Credentials cannot be checked at the moment: the issuer's keys are out of reach and none are known yet."""
