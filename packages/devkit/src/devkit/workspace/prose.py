"""The check of prose: words and forms that the project does not use, and lines of Markdown that are too long."""

import io
import re
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Final

LONGEST_LINE: Final = 120
QUOTE: Final = "prose: quote"
"""A line with these words may quote anything."""
_NAMED: Final = "name the caller, client, operator, user or record"
_UNAVAILABLE: Final = "(?:store|database|host|issuer|collector|dependency|upstream|Postgres|Redis|Valkey)"
RULES: Final[tuple[tuple[str, str], ...]] = (
    (r"\bwhoever\b", _NAMED),
    (r"(?<![`\"'])\bnobody\b(?![`\"'])", f"{_NAMED}: no caller"),
    (r"\bsomebody\b", _NAMED),
    (r"\banybody\b", f"{_NAMED}: any caller"),
    (r"\bnone any more\b", "say what it is now"),
    (r"\bno longer none\b", "say what it is now"),
    (r"\blike any other's\b", "say what it is"),
    (r"\b(?:is|are|was|were) asked for\b", "is requested, is needed"),
    (r"\b(?:is|are|was|were|be|been|being) told\b", "receives, is shown, is reported"),
    (r"\bgoes on\b(?! (?:a|an|the|its|top)\b)", "continues, stays open"),
    (r"\banew\b", "again"),
    (rf"\b{_UNAVAILABLE} (?:is|was|being) away\b", "is unavailable"),
    (r'"""See `[^`]*`\."""', "delete the docstring"),
    (r'"""Nothing\."""', "delete the docstring"),
)
"""What is refused, as a pattern in which a space also matches the end of a line, and what to write instead."""
_PATTERNS: Final = tuple(
    (re.compile(pattern.replace(" ", r"[\s#]+"), re.IGNORECASE), instead) for pattern, instead in RULES
)
_SUFFIXES: Final = (".py", ".md", ".yaml", ".yml", ".toml", ".tpl")
# The check and its test quote what is refused.
_QUOTING: Final = ("devkit/workspace/prose.py", "tests/devkit/test_prose.py")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place to rewrite. As text: ``README.md:12: nobody: write ...``."""

    path: Path
    line: int
    found: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.found}: {self.instead}"


def check_files(paths: Iterable[Path]) -> list[Finding]:
    """The findings in those files that have prose; other files are skipped."""
    return [
        finding
        for path in paths
        if (path.suffix in _SUFFIXES or path.name == "Makefile") and not path.as_posix().endswith(_QUOTING)
        for finding in check_text(path, path.read_text(encoding="utf-8"))
    ]


def check_text(path: Path, text: str) -> list[Finding]:
    """The findings in one text, in the order of its lines."""
    quoting = {number for number, line in enumerate(text.splitlines(), 1) if QUOTE in line}
    prose = _prose_of_python(text) if path.suffix == ".py" else text
    found: list[Finding] = []
    if path.suffix == ".md":
        prose = _blank(r"^ *```.*?^ *```|`[^`\n]*`", text)
        found += _long_lines(path, text)
    for pattern, instead in _PATTERNS:
        for match in pattern.finditer(prose):
            line = prose.count("\n", 0, match.start()) + 1
            found.append(Finding(path, line, " ".join(match[0].split()), instead))
    return sorted((finding for finding in found if finding.line not in quoting), key=lambda finding: finding.line)


def tracked_files(workspace: Path) -> list[Path]:
    """Every file of the workspace that git tracks, relative to the current folder."""
    listed = subprocess.run(["git", "ls-files"], cwd=workspace, capture_output=True, text=True, check=True)
    return [Path(relpath(workspace / name)) for name in listed.stdout.splitlines() if (workspace / name).is_file()]


def _prose_of_python(text: str) -> str:
    """The comments, strings and names of tests, each where it stands, and blanks for everything else."""
    lines = [" " * len(line) for line in text.split("\n")]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        shown = None
        if token.type == tokenize.NAME and token.string.startswith("test_"):
            shown = token.string.replace("_", " ")
        elif token.type in _TEXT:
            shown = token.string
            if re.match(r"[rR]?[fF]", shown):  # before Python 3.12 one token, with the code inside it
                shown = _blank(r"\{[^{}]*\}", shown)
        if shown is None:
            continue
        row, column = token.start
        for offset, part in enumerate(shown.split("\n")):
            start = 0 if offset else column
            line = lines[row - 1 + offset]
            lines[row - 1 + offset] = line[:start] + part + line[start + len(part) :]
    return "\n".join(lines)


_TEXT: Final = {
    tokenize.COMMENT,
    tokenize.STRING,
    getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING),  # Python 3.12 and newer
}


def _blank(pattern: str, text: str) -> str:
    """`text` with blanks where the pattern matches."""
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL | re.MULTILINE)


def _long_lines(path: Path, text: str) -> Iterator[Finding]:
    """Lines of a Markdown page that are too long, but for tables and code; the address of a link does not count."""
    for number, line in enumerate(_blank(r"^ *```.*?^ *```", text).split("\n"), 1):
        length = len(re.sub(r"\]\([^)]*\)", "]", line).rstrip())
        if length > LONGEST_LINE and not line.lstrip().startswith("|"):
            yield Finding(path, number, f"{length} characters", f"break the line before {LONGEST_LINE}")
