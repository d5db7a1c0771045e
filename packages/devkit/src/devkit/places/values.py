"""What an operator decides for a place: read from a file, and refused by name where it is wrong."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from devkit.errors import DevkitError
from devkit.places.container import Setting
from devkit.workspace.composition import settings_type_of
from devkit.workspace.secret_settings import is_secret
from devkit.workspace.services import ServiceDescription
from servicekit.settings.errors import describe_errors


def _pinned(image: str) -> str:
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if digest and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError("the digest must be sha256: and 64 hexadecimal digits")
    if not digest and tag in ("", "latest"):
        raise ValueError("it has no fixed version")
    return image


Image = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:\d+)?/\S+$"), AfterValidator(_pinned)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$")]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:\S+$")]

PLACED = frozenset({"host", "port", "metrics_host", "metrics_port", "audit_file"})
"""Settings that a place decides."""


class Values(BaseModel):
    """The values of every place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: Image = Field(description="Image with registry and digest, or with a tag other than latest.")
    owner_image: Image | None = Field(
        None,
        description="Image of the same version with the suffix `-owner`, for `migrate`. Needed with a database.",
    )
    settings: dict[str, Setting] = Field(
        description="Settings of the server, in lower case and without prefix; `public_url`, `issuer` and "
        "`proxy_addresses` at least."
    )
    secrets: list[str] = Field([], description="Further secret settings that are stored, such as `replica_url`.")


Chosen = TypeVar("Chosen", bound=Values)


def read_values(file: Path, kind: type[Chosen], service: ServiceDescription) -> Chosen:
    """The values in a YAML file.

    Raises:
        DevkitError: names each value that is missing, unknown or wrong, and the next step.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as problem:
        raise DevkitError(f"{file} cannot be read: {problem}") from None
    if not isinstance(content, dict):
        raise DevkitError(f"{file} must be a mapping of values, such as `image: …`.")
    try:
        values = kind.model_validate(content)
    except ValidationError as error:
        problems = [_words(problem, kind) for problem in error.errors(include_url=False)]
    else:
        if not (problems := _setting_problems(values, service)):
            return values
    raise DevkitError("\n  ".join([f"{file} cannot be used:", *problems]))


def placeholders(kind: type[Chosen]) -> Chosen:
    """Values that stand for themselves, such as ``${image}``, for the files in the repository."""
    named: dict[str, Any] = {}
    for name, info in kind.model_fields.items():
        if info.is_required():
            named[name] = [f"${{{name}}}"] if info.annotation == list[str] else f"${{{name}}}"
    named["settings"] = {name: f"${{{name}}}" for name in ("public_url", "issuer", "proxy_addresses")}
    return cast("Chosen", kind.model_construct(**named))


def values_table(kind: type[Values]) -> str:
    """The values of a place as a Markdown table."""
    rows = ["| value | default | meaning |", "|---|---|---|"]
    for name, info in kind.model_fields.items():
        default = "required" if info.is_required() else "" if info.default in ([], "") else f"`{info.default}`"
        rows.append(f"| `{name}` | {default} | {info.description} |")
    return "\n".join(rows)


def _words(problem: Mapping[str, Any], kind: type[Values]) -> str:
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"{name} is no value.{_near(name, kind.model_fields)}"
    meaning = kind.model_fields[str(problem["loc"][0])].description
    if problem["type"] == "missing":
        return f"{name} is missing. {meaning}"
    return f"{name}: {problem['msg']}. {meaning}"


def _setting_problems(values: Values, service: ServiceDescription) -> list[str]:
    """What is wrong with the settings: first their names, then, as the server itself says it, their values."""
    settings_type = settings_type_of(service.name)
    fields = settings_type.model_fields
    problems = []
    for name in values.settings:
        if name not in fields:
            problems.append(f"settings.{name} is no setting of {service.name}.{_near(name, fields)}")
        elif is_secret(fields[name].annotation):
            problems.append(f"settings.{name} is a secret: store it, and write its name under secrets.")
        elif name in PLACED:
            problems.append(f"settings.{name} is decided by the place: remove it.")
    problems += [
        f"secrets: {name} is no secret setting of {service.name}.{_near(name, fields)}"
        for name in values.secrets
        if name not in fields or not is_secret(fields[name].annotation)
    ]
    needed = ("public_url", "issuer", "proxy_addresses")
    problems += [f"settings.{name} is missing. {fields[name].description}" for name in needed
                 if name not in values.settings]  # fmt: skip
    return problems or _as_the_server_says(values, service)


def _as_the_server_says(values: Values, service: ServiceDescription) -> list[str]:
    settings_type = settings_type_of(service.name)
    stored: dict[str, Any] = {
        name: "postgresql://role@host/database"
        for name, info in settings_type.model_fields.items()
        if name in ("reader_url", "writer_url") or (info.is_required() and is_secret(info.annotation))
    }
    stored |= {"host": "0.0.0.0", "state_keys": "stored-elsewhere" * 2}  # noqa: S104 - as the place sets it
    given = {name: " ".join(value) if isinstance(value, list) else value for name, value in values.settings.items()}
    try:
        settings_type(**{**stored, **given})
    except ValidationError as error:
        return [f"settings: {line}" for line in describe_errors(error, settings_type)]
    return []


def _near(name: str, known: Mapping[str, Any]) -> str:
    return f" Did you mean {close[0]}?" if (close := get_close_matches(name, known, 1)) else ""
