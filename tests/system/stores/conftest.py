"""Fixtures of the tests on real stores: `stores` starts them, `luck` is random and repeatable.

`N` says how large a run is (`tests.system.load.sizes.size`) and `SEED` repeats one; `make stores` passes both.
"""

import random
from collections.abc import Iterator

import pytest

from tests.system.load.sizes import chance

from .site import Stores


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Starts stores of any version for this test; see `site`."""
    with Stores() as stores:
        yield stores


@pytest.fixture(autouse=True)
def patience_with_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes long for a reply and for the slots of a Cluster, which these tests do not measure."""
    monkeypatch.setattr("servicekit.storage.redis.store.REPLY_TIMEOUT", 0.5)
    monkeypatch.setattr("servicekit.storage.redis.cluster._REFRESH_TIMEOUT", 10.0)


@pytest.fixture
def luck() -> random.Random:
    """The chances of one test. It prints their seed."""
    return chance()
