"""Files that are no usable descriptions are refused with the reason and the next step."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from devkit.errors import DevkitError
from devkit.scaffold.openapi import reading
from devkit.scaffold.openapi.plan import base_url_of
from devkit.scaffold.openapi.reading import read_description

from .described import of, zoo

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
SWAGGER = {
    "swagger": "2.0",
    "host": "api.example.com",
    "basePath": "/v2",
    "schemes": ["http", "https"],
    "produces": ["application/json"],
    "paths": {
        "/pets": {
            "get": {
                "parameters": [
                    {
                        "name": "tag",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "string"},
                        "collectionFormat": "multi",
                    },
                    {"$ref": "#/parameters/Limit"},
                ],
                "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}}},
            }
        }
    },
    "parameters": {"Limit": {"name": "limit", "in": "query", "type": "integer"}},
    "definitions": {"Pet": {"type": "object", "properties": {"id": {"type": "integer"}}}},
    "securityDefinitions": {"login": {"type": "basic"}},
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("openapi: [", "is not valid YAML"),
        ("{\n nothing", "neither JSON nor YAML"),
        ("- a\n- b\n", "holds a list"),
        ("only words", "holds text"),
        ("openapi: 4.0.0\npaths: {}\n", "says `openapi: 4.0.0`"),
        ("info: {}\n", "has no `openapi: 3.0.x`"),
        ("openapi: 3.0.3\ninfo: {}\n", "has no `paths`"),
        (BOMB, r"has a YAML alias \(\*a\) in line 2"),
        ("a: 1\n---\nb: 2\n", "has 2 YAML documents"),
        ("a: !!python/object/apply:os.system [ls]\n", "is not valid YAML"),
        ("[" * 100_000, "too deep"),
        ("a: " + "[" * 100 + "]" * 100 + "\n", "more than 64 levels"),
        ('{"openapi": "3.0.0", "paths": {"x": NaN}}', "NaN"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_unusable_files_are_refused_with_a_reason(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "crm.yaml"
    file.write_text(text)
    with pytest.raises(DevkitError, match=said):
        read_description(file)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DevkitError, match="No such file"):
        read_description(tmp_path / "none.yaml")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DevkitError, match="not UTF-8"):
        read_description(tmp_path / "bytes")
    monkeypatch.setattr(reading, "MAX_BYTES", 1)
    with pytest.raises(DevkitError, match="Keep the paths that the tools need"):
        read_description(tmp_path / "bytes")


def test_an_alias_is_refused_before_it_is_expanded(tmp_path: Path) -> None:
    levels = [f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 20)}]" for number in range(1, 30)]
    (tmp_path / "bomb.yaml").write_text("\n".join(["a0: &a0 [x]", *levels, ""]))
    started = time.process_time()
    with pytest.raises(DevkitError, match="YAML alias"):
        read_description(tmp_path / "bomb.yaml")
    assert time.process_time() - started < 1


def test_yaml_is_read_as_json_would_be(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.0.3\npaths: {/a: {no: 2026-01-02, 200: 09:00, a: 1.5, b: [true, yes, null, ~, -3]}}\n"
    )
    assert read_description(tmp_path / "a.yaml").root["paths"]["/a"] == {
        "no": "2026-01-02", "200": "09:00", "a": 1.5, "b": [True, "yes", None, None, -3],
    }  # fmt: skip


def test_swagger_2_is_read_as_openapi_3(tmp_path: Path) -> None:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(SWAGGER))
    description = read_description(file)
    ((path, _, item, operation),) = description.operations()
    tag, limit = description.parameters(item, operation)
    assert (path, tag["explode"], tag["schema"]["type"], limit["schema"]) == (
        "/pets",
        True,
        "array",
        {"type": "integer"},
    )
    success = description.success(operation)
    assert success is not None
    content = description.json_content(success[1])
    assert content is not None
    assert description.schema(content["schema"]["items"])["properties"] == {"id": {"type": "integer"}}
    assert base_url_of(description, None) == "https://api.example.com/v2"
    assert description.root["components"]["securitySchemes"]["login"] == {"type": "http", "scheme": "basic"}


@pytest.mark.parametrize(
    "servers",
    [
        [],
        [{"url": "/v1"}],
        [{"url": "http://api.example.com"}],
        [{"url": "https://{tenant}.example.com"}],
        [{"url": "https://user@example.com"}],
        [{"url": "https://example.com/?a=b"}],
        [{"url": "https://exa\nmple.com"}],
        [{"url": "https://example.com/\"'"}],
        "https://example.com",
    ],
    ids=str,
)
def test_a_server_without_a_usable_address_needs_upstream(servers: Any) -> None:
    with pytest.raises(DevkitError, match="Add UPSTREAM=https"):
        base_url_of(of({"/a": {}}, servers=servers), None)
    assert base_url_of(of({"/a": {}}, servers=servers), "https://api.example.com/") == "https://api.example.com"


def test_variables_of_a_server_have_their_defaults() -> None:
    assert base_url_of(zoo(), None) == "https://eu.zoo.example/v1"


def test_references_and_alternatives_are_bounded() -> None:
    wide = {"anyOf": [{"$ref": "#/components/schemas/A"}] * 30, "properties": {"x": {"type": "string"}}}
    description = of({}, components={"schemas": {"A": wide}})
    started = time.process_time()
    assert "x" in description.schema({"$ref": "#/components/schemas/A"})["properties"]
    assert time.process_time() - started < 5
