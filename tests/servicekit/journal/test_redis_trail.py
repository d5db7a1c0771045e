"""The audit trail of a service without a database is a file, without which nothing is written."""

from pathlib import Path

from servicekit.audit.file import AuditFile
from servicekit.audit.hash_chain import verify
from servicekit.core.identity import ServerIdentity
from servicekit.journal.disabled import DisabledJournal, file_trail, journal_for
from servicekit.registry.tools import read, write
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect
from tests.servicekit.apps.general_app import app_settings
from tests.servicekit.apps.writes_database import text_of

from .post_office import ANN, SCOPE, Open, PostOffice


async def test_the_trail_has_every_call_and_shows_ones_own(replica: Open, tmp_path: Path) -> None:
    path = tmp_path / "audit"
    async with replica(audit=path) as client:
        await client.call_tool("send_letter", {"text": "MARKER ann@example.com"})
        await client.call_tool("send_letter", {"letter": "MARKER"})
        actions = (await client.call_tool("post_list_my_actions", {})).structured_content["items"]
    async with replica(audit=path, who=caller(SCOPE, subject="bob")) as client:
        assert (await client.call_tool("post_list_my_actions", {})).structured_content["items"] == []
    assert [(action["outcome"], action["arguments"]) for action in actions] == [
        ("invalid_arguments", {"(unknown)": 1}),
        ("ok", {"text": "[text of 22 characters]"}),
    ]
    verdict = await verify(file_trail(path).trail())
    assert (verdict.entries, verdict.problems) == (4, [])
    assert "MARKER" not in path.read_text()


async def test_without_a_store_or_a_file_nothing_is_written(tmp_path: Path, office: PostOffice) -> None:
    assert isinstance(journal_for("post", None, AuditFile(tmp_path / "audit")), DisabledJournal)
    assert isinstance(journal_for("post", RedisStore("redis://127.0.0.1:1"), None), DisabledJournal)
    service = Service(
        settings=app_settings(),
        identity=ServerIdentity(name="post", title="Post", version="1", instructions=""),
        journal=DisabledJournal(),
        tools=[write(office.send_letter, scope=SCOPE), read(office.count_letters, scope=SCOPE)],
    )
    async with service.running(), connect(service, ANN) as client:
        assert "This server only reads" in text_of(await client.call_tool("send_letter", {"text": "hi"}))
        assert text_of(await client.call_tool("count_letters", {})) == '{"count":0}'
        assert (await client.call_tool("post_list_my_actions", {})).structured_content == {"items": []}
    assert office.sent == []


async def test_a_trail_is_read_beside_its_server(replica: Open, tmp_path: Path) -> None:
    async with replica(audit=tmp_path / "trail") as client:
        await client.call_tool("send_letter", {"text": "hi"})
    verdict = await verify(file_trail(tmp_path / "trail").trail())
    assert (verdict.entries, verdict.problems) == (1, [])
