"""Which operations become tools, under which names, and why the others do not."""

import pytest

from devkit.errors import DevkitError
from devkit.scaffold.openapi.operations import MOST_TOOLS, choose

from .described import answering, chosen, query, zoo

LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}


def test_each_operation_is_a_tool_or_has_a_reason() -> None:
    found = choose(zoo(), "zoo", lambda _: False)
    assert {tool.name: tool.path for tool in found.tools} == {
        "list_animals": "/animals",
        "get_animal": "/animals/{animalId}",
        "get_keeper": "/keepers/{keeper_no}.json",
        "search_search": "/search",
        "get_status": "/status/",
    }
    assert {one.path: one.reason for one in found.unused} == {
        "/animals": "changes data",
        "/animals/{animalId}/photo": "answers with image/png and not with JSON",
        "/old": "is deprecated",
        "/broken": "has a reference to a part that the file lacks",
        "/elsewhere": "has a reference to another file",
        "/circle": "has a circle of references",
        "/session": "needs a cookie",
        "/login": "takes a secret in its address",
        "/admin": "needs a credential that this server has not: a cookie",
    }
    assert found.credentials.settings == ["api_key"]


def test_whole_nouns_at_the_top_come_first() -> None:
    paths = {}
    for number in range(15):
        noun = f"{'abcdefghijklmno'[number]}things"
        paths[f"/v1/{noun}/{{id}}/parts"] = {"get": answering(LIST)}
        paths[f"/v1/{noun}"] = {"get": answering(LIST)}
        paths[f"/v1/{noun}/{{id}}"] = {"get": answering()}
    found = chosen(paths)
    assert len(found.tools) == MOST_TOOLS
    assert [tool.name for tool in found.tools][:4] == ["list_athings", "get_athing", "list_bthings", "get_bthing"]
    assert {one.reason for one in found.unused} == {f"is beyond the first {MOST_TOOLS}"}
    assert len(found.unused) == 45 - MOST_TOOLS


@pytest.mark.parametrize(
    ("path", "operation_id", "name"),
    [
        ("/pets", "", "list_pets"),
        ("/pets", "GET_all-pets", "list_pets"),
        ("/pets", "findPetsByStatus", "search_pets"),
        ("/gists/public", "gists/list-public", "list_public_gists"),
        ("/owners/{id}/pets", "", "list_owner_pets"),
        ("/запросы", "получитьВсё", "list_overview"),
        ("/v2/api/pets", "v2Pets", "list_pets"),
        ("/pets", "x" * 5000, "list_pets"),
        ("/straßen", "listStraßen", "list_stra_en"),
    ],
    ids=lambda value: value[:20],
)
def test_tools_are_named_by_operation_and_path(path: str, operation_id: str, name: str) -> None:
    (tool,) = chosen({path: {"get": answering(LIST, operationId=operation_id)}}).tools
    assert tool.name == name


def test_names_are_unique_in_the_fleet_and_in_the_server() -> None:
    paths = {
        "/orders/{id}": {"get": answering(operationId="getOrder")},
        "/pets/status": {"get": answering(LIST, operationId="findPetsByStatus")},
        "/pets/tags": {"get": answering(LIST, operationId="findPetsByTags")},
        "/a": {"get": answering(LIST, operationId="same")},
        "/b": {"get": answering(LIST, operationId="same")},
    }
    found = choose(_described(paths), "crm", {"get_order"}.__contains__)
    names = [tool.name for tool in found.tools]
    assert len(set(names)) == len(names)
    assert "get_crm_order" in names


def _described(paths: object) -> object:
    from .described import of

    return of(paths)


def test_a_list_that_another_tool_names_is_its_finder() -> None:
    found = choose(zoo(), "zoo", lambda _: False)
    animal = next(tool for tool in found.tools if tool.name == "get_animal").arguments[0]
    assert animal.annotation == (
        "Annotated[str, Identifier('the animal id, such as lion-1', 'lion-1', pattern=ONE_LINE, max_length=200, "
        "found_by='list_animals'), Field(description='The animal id.')]"
    )


def test_nothing_to_make_is_said_with_the_reasons() -> None:
    with pytest.raises(DevkitError, match="has no GET operation"):
        chosen({"/a": {"post": answering()}})
    with pytest.raises(DevkitError, match=r"None of the 1 GET operations .*: one is deprecated"):
        chosen({"/a": {"get": answering(deprecated=True)}})


@pytest.mark.parametrize(
    "path", ["a", "//a", "/a//b", "/{a", "/a}b", "/a:b", "/a/../b", "/a/%2e%2e/b", "/" + "a" * 400]
)
def test_a_path_that_cannot_be_sent_as_it_is_makes_no_tool(path: str) -> None:
    found = chosen({path: {"get": answering()}, "/ok": {"get": answering()}})
    assert [tool.path for tool in found.tools] == ["/ok"]
    assert found.unused[0].reason.startswith("has a path")


def test_security_schemes_decide_the_settings() -> None:
    schemes = {
        "key": {"type": "apiKey", "in": "query", "name": "appid"},
        "second": {"type": "apiKey", "in": "header", "name": "X-App"},
        "login": {"type": "http", "scheme": "Basic"},
        "oauth": {"type": "oauth2", "flows": {}},
        "tls": {"type": "mutualTLS"},
        "bad": {"type": "apiKey", "in": "header", "name": "X-Bad\r\nHost: evil"},
    }
    paths = {
        "/both": {"get": answering(security=[{"key": [], "second": []}])},
        "/token": {"get": answering(security=[{"oauth": ["read"]}])},
        "/again": {"get": answering(security=[{"oauth": []}, {"tls": []}])},
        "/login": {"get": answering(security=[{"login": []}])},
        "/tls": {"get": answering(security=[{"tls": []}])},
        "/bad": {"get": answering(security=[{"bad": []}])},
        "/open": {"get": answering(security=[{}])},
    }
    found = chosen(paths, components={"securitySchemes": schemes})
    assert {tool.path for tool in found.tools} == {"/both", "/token", "/again", "/open"}
    assert sorted(found.credentials.settings) == ["api_key", "api_key_two", "token"]
    reasons = {one.path: one.reason.partition(": ")[2] for one in found.unused}
    assert reasons == {
        "/login": "of another credential",
        "/tls": "a client certificate",
        "/bad": "a key in a header of an unusual name, or a third key",
    }


def test_optional_parameters_without_an_argument_are_listed() -> None:
    parameters = [
        {"name": "trace", "in": "header", "schema": {"type": "string"}},
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
        {"name": "where", "in": "query", "content": {"application/json": {}}},
        query("plain"),
    ]
    (tool,) = chosen({"/a": {"get": answering(parameters=parameters)}}).tools
    assert [one.name for one in tool.arguments] == ["plain"]
    assert [one.partition(":")[0] for one in tool.ignored] == ["trace", "session", "where"]
