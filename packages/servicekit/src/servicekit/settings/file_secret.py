"""A secret setting that came from a file, which is read again when the secret is rotated."""

from pathlib import Path

from pydantic import SecretStr


class FileSecret(SecretStr):
    """The content of a file at the start, and the file.

    Attributes:
        path: the file that ``PREFIX_NAME_FILE`` names.
    """

    def __init__(self, secret_value: str, path: Path) -> None:
        super().__init__(secret_value)
        self.path = path


def file_of(secret: SecretStr | None) -> Path | None:
    """The file of a secret; None for one from a variable."""
    return secret.path if isinstance(secret, FileSecret) else None
