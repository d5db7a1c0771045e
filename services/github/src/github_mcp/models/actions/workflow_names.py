"""The argument that names a workflow."""

from typing import Annotated

from pydantic import Field

from servicekit.schema import Identifier


def _file_name(text: str) -> str:
    """A workflow's file without its folder."""
    return text.removeprefix("./").removeprefix(".github/workflows/")


WorkflowName = Annotated[
    str,
    Identifier(
        "a workflow's file such as ci.yml, its id, or its name",
        "ci.yml",
        pattern=r"[^\x00-\x1f\x7f/\\%?#]{1,100}",
        found_by="list_workflows",
        normalise=_file_name,
    ),
    Field(description="File such as ci.yml, id or name of the workflow."),
]
