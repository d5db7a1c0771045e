"""Plans a server on an outside API of which only the address is known: with the two operations that most APIs have."""

import tempfile
from dataclasses import replace
from pathlib import Path

from devkit.scaffold.names import names_of
from devkit.scaffold.openapi.plan import plan_from_openapi
from devkit.scaffold.plan import Plan
from devkit.scaffold.rendering import TEMPLATES, render, replacements
from devkit.settings import DevkitSettings


def plan_of_upstream(settings: DevkitSettings, service: str, noun: str | None, upstream: str) -> Plan:
    """Plan a server that lists and gets records of an API, from an assumed description of it.

    Args:
        service: its name, such as ``billing``.
        noun: its records, such as ``invoice``; see `names_of`.
        upstream: base URL of the API.

    Raises:
        DevkitError: a name is bad or taken, or the address is no https URL.
    """
    names = names_of(settings.workspace, service, noun)
    ((_, text),) = render(TEMPLATES / "upstream", replacements(names, port=0))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "api.yaml"
        file.write_text(text, encoding="utf-8")
        made = plan_from_openapi(settings, service, file, upstream)
    assumed = (
        f"The tools assume GET {upstream}/{names.nouns} and GET {upstream}/{names.nouns}/{{{names.noun}_id}}. "
        "Where the API differs, change `tools` and `models`, or make the server again with OPENAPI=, its description."
    )
    return replace(made, notes=[assumed])
