"""One copy of the workspace for all tests of this folder."""

from tests.fixtures.scratch import scratch

__all__ = ["scratch"]
