"""How Sphinx builds the site of `make docs` from the Markdown files of the repository."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

project = "A fleet of MCP servers"
copyright = ""  # noqa: A001 - Sphinx reads this name
html_show_copyright = False
html_show_sphinx = False

extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = ["*.md", "docs/**.md", "services/*/README.md", "helm/*/README.md", "examples/**.md"]
exclude_patterns = [".*", "dist", "packages", "tests", "shared", "deploy", "services/*/src"]

myst_heading_anchors = 4  # with the anchors that a git host gives headings
myst_links_external_new_tab = False
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]  # examples of JSON are cut with an ellipsis

html_theme = "furo"
html_title = project
html_additional_pages = {"index": "index.html"}
html_copy_source = False
html_use_index = False
templates_path = ["site"]
html_static_path = ["site/static"]
html_css_files = ["pages.css"]
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "native"

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_workers = 4
linkcheck_ignore = [r"https?://(127\.0\.0\.1|localhost)\b", r"https?://[\w.-]*example\.(com|dev|org)\b"]


def add_navigation(_app: Sphinx, docname: str, content: list[str]) -> None:
    """Give the index pages (`README.md` in docs) the navigation that their lists name: one group for each heading."""
    if not re.fullmatch(r"docs/(.+/)?README", docname):
        return
    groups = []
    for part in re.split(r"^## ", content[0], flags=re.MULTILINE):
        caption = part.splitlines()[0]
        if pages := re.findall(r"^- \[[^\]]+\]\(([^)#:]+)\.md\)", part, re.MULTILINE):
            options = [":hidden:"] if caption.startswith("# ") else [":hidden:", f":caption: {caption}"]
            groups.append("\n".join(["```{toctree}", *options, *pages, "```"]))
    content[0] = "\n\n".join([content[0], *groups, ""])


def keep_text_of_folders(_app: Sphinx, doctree: nodes.document) -> None:
    """Make a link to a folder, which a git host shows, text on the site."""
    page = Path(doctree["source"])
    for link in list(doctree.findall(pending_xref)):
        if (page.parent / link["reftarget"]).is_dir():
            link.replace_self(link.children)


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_navigation)
    app.connect("doctree-read", keep_text_of_folders)
