"""The simulated API of a description: its records name each other, fit their schemas, and are the same at each run."""

import socket
from collections.abc import Iterator

import httpx2
import pytest
from jsonschema import Draft202012Validator

from devkit.loopback.ports import LOOPBACK
from devkit.loopback.serving import serving_in_thread
from devkit.scaffold.openapi.operations import choose
from devkit.scaffold.openapi.stored import stored
from devkit.simulators.openapi.app import OpenApiSimulator
from devkit.simulators.openapi.description import Description
from devkit.simulators.openapi.values import Values

from .described import of, zoo


@pytest.fixture(scope="module")
def api() -> Iterator[httpx2.Client]:
    """A client of the simulated zoo, made from the part of its description that a server keeps."""
    kept = stored(zoo(), choose(zoo(), "zoo", lambda _: False).tools, "https://zoo.example")
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        with serving_in_thread(OpenApiSimulator(Description(kept), "Zoo"), listener), httpx2.Client(base_url=url) as it:
            yield it


def test_records_of_a_list_can_be_read(api: httpx2.Client) -> None:
    animals = api.get("/animals").json()["data"]
    assert animals[0]["id"] == "lion-1"
    for animal in animals:
        found = api.get(f"/animals/{animal['id']}")
        assert (found.status_code, found.json()["id"]) == (200, animal["id"])
    assert api.get("/animals/none").status_code == 404
    assert api.get("/animals/a%2Fb").status_code == 404


def test_what_a_request_lacks_is_refused(api: httpx2.Client) -> None:
    assert api.get("/search").status_code == 400
    assert len(api.get("/search", params={"q": "lion"}).json()) == 3
    assert api.get("/keepers/1.json").status_code == 200
    assert api.get("/old").status_code == 404


def test_it_says_what_it_is_and_fails_on_request(api: httpx2.Client) -> None:
    assert "This is not Zoo" in api.get("/").text
    api.post("/_simulator/faults", json={"kind": "error", "status": 503, "path": "/animals"})
    assert [api.get("/animals").status_code for _ in range(2)] == [503, 200]


def test_the_kept_description_has_no_texts() -> None:
    kept = str(stored(zoo(), choose(zoo(), "zoo", lambda _: False).tools, "https://zoo.example"))
    assert "All animals" not in kept
    assert "Kind of animal" not in kept
    assert "createAnimal" not in kept


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 5, "maxLength": 7},
        {"type": "string", "maxLength": 1},
        {"type": "integer", "minimum": 40, "maximum": 42},
        {"type": "integer", "exclusiveMinimum": 3, "multipleOf": 5},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 2},
        {"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "b": {"const": 4}}, "required": ["a", "b"]},
        {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"]}]},
    ],
    ids=str,
)
def test_made_values_fit_their_schemas(schema: dict[str, object]) -> None:
    values = Values(of({}))
    for number in (1, 2, 3):
        value = values.value(schema, "place", number)
        Draft202012Validator(schema).validate(value)
        assert value == Values(of({})).value(schema, "place", number)


def test_a_record_within_itself_ends() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}}
    made = Values(of({}, components={"schemas": {"Node": node}})).value({"$ref": "#/components/schemas/Node"}, "x")
    assert str(made).count("child") < 10
