"""Database URLs as libpq reads them: what is written is used, and a mistake is named without the secret."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicekit.settings.database_parameters import InvalidDatabaseUrl
from servicekit.settings.database_url import DatabaseUrl, read_database_url

BASE = "postgresql://role:secret-word@host/database"
NAMES = st.text(st.characters(exclude_characters="\0,", exclude_categories=("Cs",)), min_size=1)
UNENCODED = st.text(st.characters(codec="ascii", exclude_categories=("Cc",), exclude_characters="@:/% "), min_size=1)


def read(text: str) -> DatabaseUrl:
    return read_database_url(text, {})


def query(**parameters: str) -> DatabaseUrl:
    return read(f"{BASE}?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items()))


@given(role=NAMES, password=NAMES, database=NAMES)
@example(role="a@b", password="p+%/?#[]:@&= ", database="d/b?c")
def test_any_name_and_password_survives_encoding(role: str, password: str, database: str) -> None:
    user, secret, name = (quote(text, safe="") for text in (role, password, database))
    url = read(f"postgresql://{user}:{secret}@host/{name}")
    assert (url.role, url.password, url.database) == (role, password, database)
    again = read(f"postgres:///?host=host&user={user}&password={secret}&dbname={name}")
    assert (again.role, again.password, again.database) == (role, password, database)


@given(password=UNENCODED)
@example(password="#?[]+&=;,'")
def test_a_password_is_encoded_only_where_libpq_needs_it(password: str) -> None:
    assert read(f"postgresql://role:{password}@host/database").password == password


@pytest.mark.parametrize(
    ("place", "hosts"),
    [
        ("host", [("host", 5432)]),
        ("host:6000", [("host", 6000)]),
        ("[::1]:6000", [("::1", 6000)]),
        ("[fe80::1%25eth0]", [("fe80::1%eth0", 5432)]),
        ("one:5432,two:5433", [("one", 5432), ("two", 5433)]),
        ("one,two:5433", [("one", 5432), ("two", 5433)]),
        ("[::1]:1,[::2]", [("::1", 1), ("::2", 5432)]),
        ("%2Frun%2Fpostgresql", [("/run/postgresql", 5432)]),
        ("%2Frun%2Fpostgresql:6000", [("/run/postgresql", 6000)]),
    ],
)
def test_hosts_in_the_authority(place: str, hosts: list[tuple[str, int]]) -> None:
    assert read(f"postgresql://role:secret@{place}/database").hosts == tuple(hosts)


@pytest.mark.parametrize(
    ("parameters", "hosts"),
    [
        ("host=one,two&port=1,2", [("one", 1), ("two", 2)]),
        ("host=one,two&port=7", [("one", 7), ("two", 7)]),
        ("host=one,two", [("one", 5432), ("two", 5432)]),
        ("host=/run/postgresql", [("/run/postgresql", 5432)]),
        ("host=::1", [("::1", 5432)]),
    ],
)
def test_hosts_among_the_parameters(parameters: str, hosts: list[tuple[str, int]]) -> None:
    assert read(f"postgresql://role@/database?{parameters}").hosts == tuple(hosts)


def test_parameters_win_over_the_authority_as_in_libpq() -> None:
    url = read("postgresql://role:secret@host:1/database?host=other&user=me&dbname=it&password=new&port=2")
    assert (url.role, url.password, url.database, url.hosts) == ("me", "new", "it", (("other", 2),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("host=one user=me", "write it as postgresql://role:password@host:port/database"),
        ("mysql://role:secret-word@host/database", "write it as postgresql://"),
        ("postgresql+asyncpg://role:secret-word@host/database", "without a driver"),
        ("jdbc:postgresql://host/database?user=role&password=secret-word", "without a driver"),
        ("postgresql://role:secret-word@host", "write it as"),
        ("postgresql://role:secret-word@/database", "write it as"),
        ("postgresql://host/database", "write it as"),
        ("postgresql://role:secret-word@host/data base", "space or a line break"),
        ("postgresql://role:secret-word@host/database\n", "space or a line break"),
        ("postgresql://role:secret@word@host/database", "@ %40"),
        ("postgresql://role:secret/word@host/database", "/ %2F"),
        ("postgresql://role:1234/word@host/database", "/ %2F"),
        ("postgresql://role:secret%word@host/database", "write % as %25"),
        ("postgresql://role:secret%00@host/database", "write % as %25"),
        ("postgresql://role:secret%ff@host/database", "not UTF-8"),
        ("postgresql://role:secret-word@[::1/database", "cannot be read"),
        ("postgresql://role:secret-word@host:port/database", "cannot be read"),
        ("postgresql://role:secret-word@host:65536/database", "from 1 to 65535"),
        ("postgresql://role:secret-word@one:1,two:2,three:3/database?port=1,2", "3 hosts and 2 ports"),
        ("postgresql://role:secret-word@one,,two/database", "hosts is empty"),
        ("postgresql://role:secret-word@/database?host=@abstract", "name the folder"),
        ("postgresql://a%2Cb:secret-word@host/database", "a comma in its name"),
        (f"{BASE}?sslmode", "name=value"),
        (f"{BASE}?options=-c a=b", "space"),
    ],
)
def test_a_mistake_is_named_without_the_secret(text: str, words: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as refused:
        read(text)
    assert words in str(refused.value)
    assert not any(part in str(refused.value) for part in ("secret", "-word", "1234"))


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ("sslmode=verify_full", "sslmode must be disable or allow or prefer or require or verify-ca or verify-full"),
        ("sslmode=", "sslmode must be disable or"),
        ("sslmode=require&sslmode=", "sslmode must be disable or"),
        ("channel_binding=", "channel_binding must be"),
        ("target_session_attrs=", "target_session_attrs must be"),
        ("connect_timeout=", "connect_timeout must be a whole number"),
        ("ssl=", "`ssl` is unknown"),
        ("ssl=true&sslmode=disable", "contradict each other: remove one"),
        ("ssl=true&sslmode=", "contradict each other: remove one"),
        ("sslmode=require&ssl_max_protocol_version=TLSv1.1", "later than ssl_max_protocol_version"),
        ("sslmod=require", "`sslmod` is unknown: did you mean sslmode?"),
        ("colour=green", "options=-c%20name%3Dvalue"),
        ("target_session_attrs=master", "target_session_attrs must be any or read-write"),
        ("connect_timeout=soon", "connect_timeout must be a whole number"),
        ("channel_binding=require", "the driver has no channel binding"),
        ("gssencmode=require", "the driver has no GSSAPI encryption"),
        ("service=main", "service is not supported: connection service files are not read"),
        ("hostaddr=10.0.0.1", "name the server by `host`"),
        ("require_auth=scram-sha-256", "pg_hba.conf"),
        ("client_encoding=latin1", "client_encoding must be utf8"),
        ("sslmode=verify-full", "needs sslrootcert"),
        ("sslmode=require&sslrootcert=system", "sslrootcert=system needs sslmode=verify-full"),
        ("sslmode=verify-full&sslrootcert=/not/there.pem", "the file of sslrootcert cannot be read (No such file"),
        ("passfile=/not/there", "the file of passfile cannot be read"),
        ("sslmode=require&sslnegotiation=gss", "sslnegotiation must be"),
        ("sslnegotiation=direct", "needs sslmode=require"),
        ("options=-c%20app.tenant%3Dglobex", "must not set app.tenant"),
        ("options=--default_transaction_read_only%3Doff", "must not set default_transaction_read_only"),
        ("options=-E", "write options as -c name=value"),
    ],
)
def test_a_parameter_is_honoured_or_refused_in_words(parameters: str, words: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as refused:
        read(f"{BASE}?{parameters}")
    assert words in str(refused.value)


@pytest.mark.parametrize("parameters", ["ssl=true&sslmode=verify-full", "sslmode=verify-full&ssl=true"])
def test_ssl_weakens_no_sslmode(parameters: str) -> None:
    assert read(f"{BASE}?{parameters}&sslrootcert=system").parameters["sslmode"] == "verify-full"


def test_ssl_alone_is_sslmode_require() -> None:
    url = read_database_url(f"{BASE}?ssl=true", {"PGSSLMODE": "disable"})
    assert url.parameters["sslmode"] == "require"


def test_files_without_effect_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.touch()
    for parameters, words in (
        ({"sslrootcert": str(file)}, "sslrootcert has no effect with sslmode=prefer"),
        ({"sslcrl": str(file), "sslmode": "disable"}, "sslcrl has no effect"),
        ({"sslcert": str(file), "sslmode": "disable"}, "no effect with sslmode=disable"),
        ({"sslkey": str(file), "sslmode": "require"}, "sslkey needs sslcert"),
    ):
        with pytest.raises(InvalidDatabaseUrl, match=words):
            query(**parameters)


def test_settings_of_the_session_are_read() -> None:
    url = query(options=r"-c lock_timeout=3s --work_mem=4MB -csearch_path=a\ b", application_name="shop")
    assert url.server_settings == {
        "lock_timeout": "3s",
        "work_mem": "4MB",
        "search_path": "a b",
        "application_name": "shop",
    }
    assert query(fallback_application_name="shop").server_settings == {"application_name": "shop"}


def test_system_authorities_imply_full_verification() -> None:
    assert query(sslrootcert="system").parameters["sslmode"] == "verify-full"


def test_empty_texts_count_as_absent() -> None:
    assert read(f"{BASE}?sslcert=&application_name=&user=") == read(BASE)


def test_variables_of_libpq_hold_where_the_url_says_nothing() -> None:
    variables = {"PGSSLMODE": "require", "PGTARGETSESSIONATTRS": "primary", "PGPASSWORD": "usual", "PGAPPNAME": "shop"}
    url = read_database_url(f"{BASE}?target_session_attrs=any", variables)
    assert url.parameters == {"sslmode": "require", "target_session_attrs": "any", "application_name": "shop"}
    assert (url.password, url.usual_password) == ("secret-word", "usual")
    with pytest.raises(InvalidDatabaseUrl, match="PGSSLMODE must be"):
        read_database_url(BASE, {"PGSSLMODE": "always"})


def test_no_secret_is_in_its_repr() -> None:
    url = read("postgresql://role:secret-word@host/database?sslmode=require&sslpassword=key-word")
    assert "word" not in repr(url).replace("password", "")
    assert url.secrets == {"secret-word", "key-word"}
