"""The files of the viewer's page, by path."""

from importlib.resources import files
from typing import Final

from servicekit.portal.files import File, content_security_policy, file_of

TELEMETRY: Final = "telemetry"
"""The path of the page."""
_SCRIPTS: Final = ("elements.js", "tables.js", "traces.js", "waterfall.js", "live.js")


def viewer_files() -> dict[str, File]:
    """The page, its style and its script, which is made of one file for each part of the page."""
    folder = files("devkit.viewer") / "page"
    script = b"".join((folder / name).read_bytes() for name in _SCRIPTS)
    return {
        TELEMETRY: file_of(".html", (folder / "index.html").read_bytes(), content_security_policy()),
        f"{TELEMETRY}/style.css": file_of(".css", (folder / "style.css").read_bytes()),
        f"{TELEMETRY}/script.js": file_of(".js", script),
    }
