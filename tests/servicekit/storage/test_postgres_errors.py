"""Which errors make a call unavailable, and which are bugs."""

from typing import Any

import asyncpg
import pytest

from servicekit.storage.postgres.errors import NoReply, connect_failure_of, failure_of
from servicekit.storage.postgres.login.failures import CannotConnect

BUGS = ("23505", "23503", "22P02", "42601", "25P02", "P0001", "54001", "42501", "0A000", "XX000", "42804")


def error(code: str, severity: str = "ERROR", source: str | None = None) -> asyncpg.PostgresError:
    fields = {"C": code, "V": severity, "S": severity, "M": "Meldung", **({"R": source} if source else {})}
    made: asyncpg.PostgresError = asyncpg.PostgresError.new(fields)
    return made


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("25006", "standby"),
        ("57P01", "admin_shutdown"),
        ("57P02", "crashed"),
        ("57P03", "starting, stopping or recovering"),
        ("57P05", "idle session"),
        ("08006", "connection was lost"),
        ("53100", "disk"),
        ("53200", "memory"),
        ("53300", "no connection left"),
        ("53400", "resources"),
        ("57014", "STATEMENT_TIMEOUT"),
        ("58030", "system error"),
        ("40P01", "deadlock"),
        ("40001", "serialization"),
        ("55P03", "lock timeout"),
        ("42P01", "table"),
        ("42703", "column"),
        ("26000", "pooler"),
        ("42P05", "pooler"),
    ],
)
def test_an_error_of_the_server_has_a_cause_and_a_next_step(code: str, cause: str) -> None:
    for found in (failure_of(error(code)), connect_failure_of(error(code))):
        assert found is not None
        assert cause in found.cause
        assert code in found.cause or code == "25006"
        assert found.next_step.endswith(".")


@pytest.mark.parametrize("code", BUGS)
def test_a_bug_stays_a_crash(code: str) -> None:
    assert failure_of(error(code)) is None


def test_a_write_through_connections_for_reads_is_a_bug() -> None:
    assert failure_of(error("25006"), reads=True) is None


@pytest.mark.parametrize("code", ["40001", "40P01"])
def test_a_replica_that_cancels_a_read_is_named(code: str) -> None:
    found = failure_of(error(code), reads=True)
    assert found is not None
    assert (found.elsewhere, found.moves) == (True, False)
    assert "replay" in found.cause


def test_a_foreign_row_is_no_missing_right() -> None:
    assert failure_of(error("42501", source="aclcheck_error")) is not None
    assert failure_of(error("42501", source="ExecWithCheckOptions")) is None


def test_a_statement_that_is_too_large_is_no_wraparound() -> None:
    assert failure_of(error("54000", source="GetNewTransactionId")) is not None
    assert failure_of(error("54000", source="index_form_tuple")) is None


def test_an_unknown_error_that_ends_the_connection_is_no_bug() -> None:
    found = failure_of(error("XX000", "FATAL"))
    assert found is not None
    assert found.moves
    assert found.cause.endswith("(XX000): Meldung")


def test_an_error_of_a_statement_is_not_quoted() -> None:
    found = failure_of(error("40P01"))
    assert found is not None
    assert "Meldung" not in found.cause


@pytest.mark.parametrize(
    ("raised", "cause"),
    [
        (ConnectionRefusedError(), "refuses connections"),
        (FileNotFoundError(), "refuses connections"),
        (TimeoutError(), "in time"),
        (ConnectionResetError(), "lost"),
        (CannotConnect("the certificate has expired", "Renew it."), "certificate"),
    ],
)
def test_an_error_of_this_side_has_a_cause(raised: Exception, cause: str) -> None:
    found = connect_failure_of(raised)
    assert found is not None
    assert cause in found.cause


def test_only_a_statement_without_a_reply_is_the_databases_fault() -> None:
    def raised(cause: Exception) -> Any:
        lost = NoReply()
        lost.__cause__ = cause
        return lost

    assert failure_of(TimeoutError()) is None
    assert failure_of(ConnectionResetError()) is None
    assert failure_of(raised(ConnectionResetError())) is not None
    assert failure_of(asyncpg.InterfaceError("another operation is in progress")) is None
