"""The names of settings as operators write them."""

from servicekit.settings.service import ServiceSettings


def variable(settings: ServiceSettings | type[ServiceSettings], field: str) -> str:
    """The environment variable of a setting, such as ``ORDERS_READER_URL``."""
    return f"{settings.model_config.get('env_prefix', '')}{field}".upper()


def program(settings: ServiceSettings | type[ServiceSettings]) -> str:
    """The command of the service, such as ``orders-mcp``."""
    return f"{settings.model_config.get('env_prefix', '').rstrip('_').lower()}-mcp"
