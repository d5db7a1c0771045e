"""Fixture: starts stacks of small real processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .running_stack import RunningStack


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningStack]]:
    stacks: list[RunningStack] = []

    def begin(**options: object) -> RunningStack:
        stacks.append(RunningStack(tmp_path, **options))
        return stacks[-1]

    yield begin
    for stack in stacks:
        stack.process.kill()
    for stack in stacks:
        stack.close()
