"""A server is named once: its code agrees with its folder and its `[tool.fleet]` table."""

from importlib.metadata import version

from devkit.workspace.composition import settings_type_of

from .conftest import Running


def test_code_uses_the_names_of_the_folder(running: Running) -> None:
    name, identity = running.description.name, running.service.identity
    assert identity.name == name
    assert identity.title == running.description.title
    assert identity.version == version(f"mcp-fleet-{name}")
    assert settings_type_of(name).model_config["env_prefix"] == running.description.prefix


def test_the_default_port_is_that_of_the_fleet_table(running: Running) -> None:
    default = settings_type_of(running.description.name).model_fields["port"].default
    assert default == running.description.port, "give `port` in settings.py the default of [tool.fleet]"


def test_operations_use_the_scopes_of_the_fleet_table(running: Running) -> None:
    used = {scope for operation in running.service.registry.operations for scope in operation.scopes}
    assert used == set(running.description.scopes)
