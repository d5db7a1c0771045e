"""A server is named once: its code agrees with its folder and its `[tool.fleet]` table."""

from importlib.metadata import version

from devkit.workspace.composition import settings_type_of

from .conftest import Running


def test_code_uses_the_names_of_the_folder(running: Running) -> None:
    name, identity = running.description.name, running.service.identity
    assert identity.name == name, "Give IDENTITY the name of the folder."
    assert identity.title == running.description.title, "Give IDENTITY the title of [tool.fleet]."
    assert identity.version == version(f"mcp-fleet-{name}"), "Give IDENTITY version(<the name of its package>)."
    prefix = running.description.prefix
    assert settings_type_of(name).model_config["env_prefix"] == prefix, f"Set env_prefix={prefix!r} in settings.py."


def test_the_default_port_is_that_of_the_fleet_table(running: Running) -> None:
    default = settings_type_of(running.description.name).model_fields["port"].default
    assert default == running.description.port, "give `port` in settings.py the default of [tool.fleet]"


def test_operations_use_the_scopes_of_the_fleet_table(running: Running) -> None:
    used = {scope for operation in running.service.registry.operations for scope in operation.scopes}
    listed = set(running.description.scopes)
    assert used - listed == set(), "Add these to `scopes` under [tool.fleet] in the server's pyproject.toml."
    assert listed - used == set(), "No operation requires these: take them out of `scopes` under [tool.fleet]."
