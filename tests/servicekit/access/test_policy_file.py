"""The policy file: what each client may do at most, told to the client, taken from edits while the server runs."""

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from devkit.settings import WORKSPACE
from servicekit.access.policy_file import parse_policy, policy_schema
from servicekit.settings.errors import InvalidContent
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import READ, WRITE, general_app
from tests.servicekit.apps.writes_database import until
from tests.servicekit.conftest import Era, get

BOTH = caller(READ, WRITE)
LONGEST_WAIT = 5.0  # seconds; the file is looked at once a second


def policy(tmp_path: Path, **client: Any) -> str:
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "clients": {"tests": client}}))
    return str(path)


async def answer(path: str, tool: str, arguments: dict[str, Any] | None = None, era: Era = "auto") -> Any:
    service = general_app(policy_file=path)
    async with service.running(), connect(service, BOTH, mode=era) as client:
        return await client.call_tool(tool, arguments or {})


async def test_tools_by_pattern_are_neither_listed_nor_callable(tmp_path: Path, era: Era) -> None:
    service = general_app(policy_file=policy(tmp_path, tools=["get_*", "list_books"]))
    async with service.running(), connect(service, BOTH, mode=era) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        denied = await client.call_tool("list_titles", {})
        identity = (await client.call_tool("books_whoami", {})).structured_content
    assert names == {"get_book", "get_shelf", "get_review", "list_books", "books_whoami"}
    assert denied.content[0].text == (
        "The operator's policy does not allow this tool for your client. Ask the operator for it."
    )
    reasons = {tool["name"]: tool["reason"] for tool in identity["hidden_tools"]}
    assert reasons["list_titles"] == denied.content[0].text
    assert "list_titles" not in identity["usable_tools"]


async def test_a_client_that_may_only_read(tmp_path: Path, era: Era) -> None:
    result = await answer(policy(tmp_path, write=False), "add_book", {"title": "New"}, era)
    assert result.content[0].text == (
        "The operator's policy allows your client only to read. Ask the operator for write access."
    )
    assert not (await answer(policy(tmp_path, write=False), "get_book", {"number": 1}, era)).is_error


async def test_a_policy_gives_nothing_that_the_credential_does_not(tmp_path: Path) -> None:
    service = general_app(policy_file=policy(tmp_path, tools=["*"], write=True))
    async with service.running(), connect(service, caller(READ)) as client:
        assert "needs the scope books:write" in (await client.call_tool("add_book", {"title": "x"})).content[0].text


async def test_a_client_that_is_not_named_gets_the_default(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text("version: 1\ndefault: {tools: []}\nclients: {tests: {}}\n")
    service = general_app(policy_file=str(path))
    async with service.running():
        for client_id, denied in (("tests", False), ("other", True)):
            async with connect(service, caller(READ, client_id=client_id)) as client:
                assert (await client.call_tool("get_book", {"number": 1})).is_error is denied


async def test_the_most_records_a_call_may_return(tmp_path: Path, era: Era) -> None:
    path = policy(tmp_path, max_records=3)
    for arguments in ({"limit": 50}, {}):
        page = (await answer(path, "list_books", arguments, era)).structured_content
        assert len(page["items"]) == 3
        assert page["notice"] == "The operator's policy allows your client at most 3 records per call."
        assert "next_cursor" in page
    fewer = (await answer(path, "list_books", {"limit": 2}, era)).structured_content
    assert (len(fewer["items"]), "notice" in fewer) == (2, False)


async def test_pages_of_a_clamped_list_go_on(tmp_path: Path) -> None:
    service = general_app(policy_file=policy(tmp_path, max_records=3))
    seen: list[int] = []
    async with service.running(), connect(service, BOTH) as client:
        after: dict[str, Any] = {}
        while len(seen) < 9:
            page = (await client.call_tool("list_books", {"limit": 50, **after})).structured_content
            seen += [book["number"] for book in page["items"]]
            after = {"after": page["next_cursor"]}
    assert seen == list(range(1, 10))


async def test_a_list_without_a_limit_of_its_own_is_cut_too(tmp_path: Path) -> None:
    """`list_titles` always shows ten at a time."""
    service = general_app(policy_file=policy(tmp_path, max_records=4))
    async with service.running(), connect(service, BOTH) as client:
        page = (await client.call_tool("list_titles", {})).structured_content
        rest = (await client.call_tool("list_titles", {"cursor": page["next_cursor"]})).structured_content
    assert [[book["number"] for book in part["items"]] for part in (page, rest)] == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert "at most 4 records" in page["notice"]


async def test_limits_of_a_client(tmp_path: Path) -> None:
    path = policy(tmp_path, limits={"caller": 4, "tool": 2})
    service = general_app(policy_file=path, limit_caller=1000, limit_tool=1000)
    async with service.running(), connect(service, BOTH) as client:
        outcomes = [(await client.call_tool("get_book", {"number": 1})).is_error for _ in range(4)]
        others = [(await client.call_tool("get_review", {})).is_error for _ in range(3)]
        result = await client.call_tool("books_whoami", {})
    assert outcomes == [False, False, True, True]
    assert others == [False, False, True]
    assert "Your budget of calls for this minute is spent" in result.content[0].text
    async with service.running(), connect(service, caller(READ, client_id="other")) as client:
        assert not any([(await client.call_tool("get_book", {"number": 1})).is_error for _ in range(6)])


async def test_an_edit_takes_effect_without_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="servicekit")
    path = Path(policy(tmp_path))
    service = general_app(policy_file=str(path))

    async def refused() -> bool:
        return "invalid edit" in caplog.text

    async with service.running(), connect(service, BOTH) as client:
        assert not (await client.call_tool("get_book", {"number": 1})).is_error
        edit(path, "version: 1\ndefault: {tools: [books_whoami]}\n")
        await until_denied(client, denied=True)
        edit(path, "version: 1\ndefault: {tools: {SECRET: 1}}\n")
        await until(refused)
        await until_denied(client, denied=True)  # the last good one stays
        line = vars(next(record for record in caplog.records if "invalid edit" in record.getMessage()))
        assert line["reason"].startswith("The policy file breaks its schema. default.tools: Input should be")
        assert "SECRET" not in str(line)
        edit(path, "version: 1\n")
        await until_denied(client, denied=False)


async def until_denied(client: Any, *, denied: bool) -> None:
    async def is_so() -> bool:
        return (await client.call_tool("get_book", {"number": 1})).is_error is denied

    await until(is_so)


def edit(path: Path, text: str) -> None:
    """Put another file in its place, as editors and mounted configuration do."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


def test_a_bad_edit_shows_on_the_health_page_and_stops_nothing(serve: Any, tmp_path: Path) -> None:
    path = Path(policy(tmp_path))
    with serve(policy_file=str(path)) as site:
        before = get(f"{site.base_url}/health").json()
        assert before["components"]["policy"]["status"] == "ok"
        path.write_text("version: 2\n")
        deadline = time.monotonic() + LONGEST_WAIT
        while (report := get(f"{site.base_url}/health").json())["components"]["policy"]["status"] == "ok":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert (report["status"], report["calls"]) == (before["status"], before["calls"])
        assert get(f"{site.base_url}/ready").status_code == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "version: Field required"),
        ("", "The policy file is empty."),
        (" \n# only a remark\n", "The policy file is empty."),
        ("[", "is not valid YAML near line"),
        ("version: 2\n", "version: Input should be 1"),
        ("version: 1\nclient: {}", "client: Extra inputs are not permitted"),
        ("version: 1\nclients: {a: {max_records: 0}}", "clients.a.max_records: Input should be greater than"),
        ("version: 1\nclients: {a: {write: 'no'}}", "clients.a.write: Input should be a valid boolean"),
        ("version: 1\nclients: {a: {limits: {caller: 0}}}", "clients.a.limits.caller: "),
        ("version: !!python/object/apply:os.system ['x']", "has a tag (!), which is not allowed near line 1"),
        ("version: 1", "ends early"),
        ("---\nversion: 1\n", "ends early"),
        ("version: 1\nclients:\n  a:\n    tools:\n", "clients.a.tools: Input should be a valid list"),
        ("version: 1\nclients: {a: {grants: {repository: []}}}", "grants.repository"),
        ("version: 2026-13-45T00:00:00Z", "The policy file"),
        ("[" * 1200, "The policy file"),
        ("version: 1\x00", "is not valid YAML"),
        ("version: 1\nclients:\n  a: {write: false}\n  a: {}\n", "has a duplicate key near line 4"),
    ],
)
def test_a_file_that_cannot_be_used_stops_a_start_and_says_why(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text)
    with pytest.raises(InvalidContent) as refusal:
        general_app(policy_file=str(path))
    assert words in str(refusal.value)
    with pytest.raises(InvalidContent, match="The policy file cannot be read: No such file"):
        general_app(policy_file=str(tmp_path / "missing.yaml"))


def test_the_committed_schema_and_example_are_current() -> None:
    written = (WORKSPACE / "shared" / "policy.schema.json").read_text()
    assert written == json.dumps(policy_schema(), indent=2) + "\n", "write policy_schema() there"
    example = (WORKSPACE / "shared" / "policy.example.yaml").read_text()
    assert parse_policy(example).clients
    jsonschema.validate(yaml.safe_load(example), json.loads(written))
