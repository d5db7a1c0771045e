"""Reads settings from files, such as mounted secrets."""

import os
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

from servicekit.settings.errors import UnreadableFile
from servicekit.settings.file_secret import FileSecret


class FilesSource(PydanticBaseSettingsSource):
    """Reads the value of ``PREFIX_NAME`` from the file that ``PREFIX_NAME_FILE`` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file for one setting, or None without a file."""
        variable = f"{self.config.get('env_prefix', '')}{field_name}_FILE".upper()
        path = os.environ.get(variable)
        if path is None:
            return None, field_name, self.field_is_complex(field)
        try:
            text = Path(path).read_text(encoding="utf-8-sig").strip()
            return FileSecret(text, Path(path)) if _is_one_secret(field.annotation) else text, field_name, False
        except UnicodeDecodeError:
            return UnreadableFile(variable, "not UTF-8 text"), field_name, False
        except OSError as error:
            return UnreadableFile(variable, error.strerror or type(error).__name__), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(info, name)[0] for name, info in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _is_one_secret(annotation: Any) -> bool:
    """Whether a setting is one secret, and not a list of them."""
    return annotation is SecretStr or (
        getattr(annotation, "__origin__", None) is not tuple and any(map(_is_one_secret, get_args(annotation)))
    )
