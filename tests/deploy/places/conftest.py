"""Values of an operator for each place, and the files that they give."""

import copy
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

from devkit.places.generated_files import deployment
from devkit.settings import WORKSPACE
from devkit.workspace.services import discover, find

SERVERS = {service.name: service for service in discover(WORKSPACE)}
DIGEST = "sha256:" + "5f" * 32
OWNER_IMAGE = "ghcr.io/example/mcp:1.2.0-owner"
_ARN = "arn:aws:{}:eu-central-1:111122223333:{}"
SHARED: dict[str, Any] = {
    "image": f"ghcr.io/example/mcp@{DIGEST}",
    "owner_image": OWNER_IMAGE,
    "settings": {
        "public_url": "https://mcp.example.com/mcp",
        "issuer": "https://login.example.com",
        "proxy_addresses": ["10.0.0.0/16", "fd00:8::/32"],
    },
}
PLACES: dict[str, dict[str, Any]] = {
    "ecs": {
        **SHARED,
        "cluster": "tools",
        "region": "eu-central-1",
        "execution_role": "arn:aws:iam::111122223333:role/mcp-execution",
        "secrets_arn": _ARN.format("secretsmanager", "secret:mcp/server-a1b2c3"),
        "owner_secrets_arn": _ARN.format("secretsmanager", "secret:mcp/owner-d4e5f6"),
        "subnets": ["subnet-0a", "subnet-0b"],
        "security_groups": ["sg-0a"],
        "target_group": _ARN.format("elasticloadbalancing", "targetgroup/mcp/0123456789abcdef"),
        "file_system": "fs-0123456789abcdef0",
        "access_point": "fsap-0123456789abcdef0",
    },
    "fly": {**SHARED, "app": "example-mcp", "region": "fra"},
    "cloud-run": {
        **SHARED,
        "service_account": "mcp@example.iam.gserviceaccount.com",
        "migration_service_account": "mcp-migrate@example.iam.gserviceaccount.com",
        "network": "default",
        "subnetwork": "default",
    },
}


class Deploy(Protocol):
    """Returns the files of a server for a place, by name. `changes` are put over the values; None removes one."""

    def __call__(self, place: str, server: str, **changes: Any) -> dict[str, str]: ...


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Writes an operator's values into a file, and reads it as `make deployment` does."""

    def files(place: str, server: str, **changes: Any) -> dict[str, str]:
        values = copy.deepcopy(PLACES[place]) | changes
        file = tmp_path / "values.yaml"
        file.write_text(yaml.safe_dump({name: value for name, value in values.items() if value is not None}))
        return deployment(place, find(WORKSPACE, server), file)

    return files
