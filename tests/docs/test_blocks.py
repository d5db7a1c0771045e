"""Blocks of code in the pages: each is run, or says why not; and what it names exists."""

import configparser
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer.main
import yaml

from devkit.cli import app
from devkit.settings import WORKSPACE
from devkit.workspace.composition import settings_type_of
from devkit.workspace.services import discover

from .blocks import PAGES, Block, blocks, blocks_of, command_spans, commands

BLOCKS = list(blocks())
SERVICES = {service.name: service for service in discover(WORKSPACE)}
MAKEFILE = re.sub(r"##.*", "", (WORKSPACE / "Makefile").read_text(encoding="utf-8"))
VARIABLES = set(re.findall(r"\b[A-Z][A-Z_]*\b", MAKEFILE))
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
TESTED = {"promql": "tests/deploy/telemetry/test_operator_files.py"}
COMMANDS = [
    *((block.name, command) for block in BLOCKS if block.language == "sh" for command in commands(block)),
    *((page.name, span) for page in PAGES for span in command_spans(page)),
]


def of(*languages: str) -> list[Any]:
    return [pytest.param(block, id=block.name) for block in BLOCKS if block.language in languages]


def program_of(word: str) -> Any:
    """The command line of a program of this project; of any server for `<name>-mcp`."""
    if word in ("devkit", ".venv/bin/devkit"):
        return typer.main.get_command(app)
    name = word.removesuffix("-mcp").replace("<name>", "orders")
    return typer.main.get_command(import_module(f"{name}_mcp.__main__").program) if name in SERVICES else None


def unknown_parts(words: list[str]) -> Iterator[str]:
    """The subcommands and options that a program of this project does not have."""
    command = program_of(words[0])
    for word in words[1:]:
        if word.startswith("--"):
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            if word.partition("=")[0] not in known:
                yield word
        elif hasattr(command, "commands"):
            if word not in command.commands:
                yield word
                return
            command = command.commands[word]


def words_of(text: str) -> list[str]:
    """The words of a command, without variables before it."""
    text = re.sub(r"<(\w+)>", r"\1", text.replace("<name>-mcp", "orders-mcp"))
    words = text.split() if "$(" in text else shlex.split(text)
    while words and (re.match(r"[A-Z_]+=", words[0]) or words[0] in ("eval", "exec", "export")):
        words.pop(0)
    return ["orders-mcp", *words] if words[:1] in (["audit"], ["check"]) else words


def make_knows(words: list[str]) -> bool:
    """Whether the targets and variables of a call of make exist. Other commands are not looked at."""
    if words[:1] != ["make"]:
        return True
    names = {word.partition("=")[0] for word in words[1:] if re.match(r"[A-Z_]+=", word)}
    targets = {word for word in words[1:] if re.fullmatch(r"[a-z][a-z-]+", word)}
    return names <= VARIABLES and targets <= TARGETS


def test_every_page_has_its_blocks_read() -> None:
    fences = sum(len(re.findall(r"^ *```\w+$", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES)
    assert len(BLOCKS) == fences > 100


@pytest.mark.parametrize("block", [pytest.param(block, id=block.name) for block in BLOCKS])
def test_a_block_is_run_or_says_why_not(block: Block) -> None:
    checked = block.language in {"text", "yaml", "json", "ini", "toml", *TESTED} or block.is_settings or block.is_run
    reason = block.not_run or block.part_of or ""
    assert checked or len(reason) > 8, "Put <!-- not run: the reason --> on the line before the block."
    assert not (block.is_settings and reason), "Settings are checked, so the comment is not needed."


def test_a_new_block_without_a_reason_is_found() -> None:
    text = "<!-- not run: needs a host -->\n```sh\nkubectl\n```\n\n```python\nx\n```\n\n- A\n\n  ```sh\n  ls\n  ```\n"
    kubectl, python, listing = blocks_of("page.md", text)
    assert (kubectl.not_run, kubectl.is_run, kubectl.name) == ("needs a host", False, "page.md:2")
    with pytest.raises(AssertionError, match="not run: the reason"):
        test_a_block_is_run_or_says_why_not(python)
    assert (listing.text, listing.is_run) == ("ls\n", True)


@pytest.mark.parametrize("block", of("yaml"))
def test_yaml_can_be_read(block: Block) -> None:
    assert list(yaml.safe_load_all(block.text))


@pytest.mark.parametrize("block", of("json"))
def test_json_can_be_read(block: Block) -> None:
    assert json.loads(block.text)


@pytest.mark.parametrize("block", of("ini"))
def test_ini_can_be_read(block: Block) -> None:
    parser = configparser.ConfigParser(inline_comment_prefixes=";")
    parser.read_string(block.text)
    assert parser.sections()


@pytest.mark.parametrize("block", of("python"))
def test_python_can_be_compiled(block: Block) -> None:
    compile(block.text, block.name, "exec")


@pytest.mark.parametrize("block", [pytest.param(block, id=block.name) for block in BLOCKS if block.part_of])
def test_a_quoted_block_is_in_its_file(block: Block) -> None:
    assert block.part_of is not None
    lines = [line.strip() for line in (WORKSPACE / block.part_of).read_text(encoding="utf-8").splitlines()]
    quoted = [line.strip() for line in block.text.splitlines()]
    assert "\n".join(quoted) in "\n".join(lines)


@pytest.mark.parametrize("block", of("sh"))
def test_a_shell_reads_the_block(block: Block) -> None:
    text = re.sub(r"<(\w+)>", r"\1", block.text)
    read = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert read.returncode == 0, read.stderr


@pytest.mark.parametrize("block", [pytest.param(block, id=block.name) for block in BLOCKS if block.is_settings])
def test_settings_exist(block: Block) -> None:
    for name in re.findall(r"^([A-Z_]+)=", block.text, re.MULTILINE):
        service = next(service for service in SERVICES.values() if name.startswith(service.prefix))
        fields = settings_type_of(service.name).model_fields
        setting = name.removeprefix(service.prefix).lower()
        assert setting in fields or setting.removesuffix("_file") in fields, name


def test_make_targets_and_variables_exist() -> None:
    assert [f"{where}: {text}" for where, text in COMMANDS if not make_knows(words_of(text))] == []


def test_commands_and_options_of_this_project_exist() -> None:
    wrong = [
        (where, text, unknown)
        for where, text in COMMANDS
        for words in [words_of(text)]
        if words and program_of(words[0]) is not None
        for unknown in unknown_parts(words)
    ]
    assert wrong == []


def test_a_wrong_command_is_found() -> None:
    assert list(unknown_parts(["orders-mcp", "audit", "verify", "--anchor", "x"])) == ["--anchor"]
    assert list(unknown_parts(["devkit", "tokens"])) == ["tokens"]
