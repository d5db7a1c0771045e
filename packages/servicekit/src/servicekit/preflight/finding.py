"""What the checks found: one finding a check, in words and as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final, Literal

from servicekit.telemetry.redaction import redact

Status = Literal["ok", "warn", "unknown", "fail"]
_WORDS: Final[dict[Status, str]] = {"ok": "ok", "warn": "warn", "unknown": "unknown", "fail": "FAIL"}
_WIDTH: Final = max(map(len, _WORDS.values())) + 1


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        check: part and check, such as ``writer.role``.
        status: `fail` where calls would fail or tenants be mixed, `unknown` where the check could not look.
        detail: what is so, or what is wrong, in one sentence.
        remedy: what to do; empty for `ok`.
    """

    check: str
    status: Status
    detail: str
    remedy: str = ""

    @property
    def line(self) -> str:
        """One line for people."""
        return f"{_WORDS[self.status]:<{_WIDTH}}{self.check}: {' '.join(filter(None, (self.detail, self.remedy)))}"

    @property
    def members(self) -> dict[str, str]:
        """The members of the JSON object."""
        return asdict(self)


class Area:
    """Collects the findings of one part, such as the reader's database. Secrets in their texts are masked.

    Attributes:
        name: the first part of the names of its checks.
        findings: what was found so far.
    """

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.findings: Final[list[Finding]] = []
        self._waiting = Finding(f"{name}.connection", "fail", "No result in time.", "Raise --timeout.")

    def ok(self, check: str, detail: str) -> None:
        self._add(check, "ok", detail)

    def warn(self, check: str, detail: str, remedy: str) -> None:
        self._add(check, "warn", detail, remedy)

    def unknown(self, check: str, detail: str, remedy: str = "") -> None:
        self._add(check, "unknown", detail, remedy)

    def fail(self, check: str, detail: str, remedy: str) -> None:
        self._add(check, "fail", detail, remedy)

    @contextmanager
    def waiting(self, check: str, detail: str, remedy: str) -> Iterator[None]:
        """What is wrong if the time is over inside the block."""
        before, self._waiting = self._waiting, Finding(f"{self.name}.{check}", "fail", detail, remedy)
        yield
        self._waiting = before  # after an exception, the time is over

    def out_of_time(self) -> None:
        """Record what the part was waiting for."""
        self.findings.append(self._waiting)

    def _add(self, check: str, status: Status, detail: str, remedy: str = "") -> None:
        self.findings.append(Finding(f"{self.name}.{check}", status, redact(detail), redact(remedy)))
