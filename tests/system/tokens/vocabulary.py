"""Counts tokens with a real vocabulary: o200k_base, from the lock beside this file, on the Node of `conformance`."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devkit.settings import WORKSPACE
from tests.fixtures.npm import install, node

HERE: Final = Path(__file__).parent
INSTALLED: Final = WORKSPACE / ".tools" / "tokens"


def count_tokens(texts: Mapping[str, str]) -> dict[str, int]:
    """The number of tokens of each text, by its name.

    Raises:
        NotInstalled: Node is missing, or npm could not reach a registry.
    """
    install(HERE, INSTALLED, "the tokenizer")
    script = shutil.copy(HERE / "count.mjs", INSTALLED)  # Node looks for packages beside the script
    counted = subprocess.run(
        node(str(script)), input=json.dumps(list(texts.values())), capture_output=True, text=True, check=True
    )
    return dict(zip(texts, json.loads(counted.stdout), strict=True))
