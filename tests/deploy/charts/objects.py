"""Queries on rendered objects."""

from collections.abc import Iterator, Sequence
from typing import Any

Document = dict[str, Any]


def of_kind(documents: Sequence[Document], kind: str) -> list[Document]:
    """The objects of one kind."""
    return [document for document in documents if document["kind"] == kind]


def the(documents: Sequence[Document], kind: str) -> Document:
    """The one object of a kind."""
    (document,) = of_kind(documents, kind)
    return document


def pods(documents: Sequence[Document]) -> Iterator[tuple[Document, Document]]:
    """The labels and the spec of every workload."""
    for document in documents:
        if document["kind"] == "Pod":
            yield document["metadata"]["labels"], document["spec"]
        elif document["kind"] in ("Deployment", "StatefulSet", "Job"):
            template = document["spec"]["template"]
            yield template["metadata"]["labels"], template["spec"]


def workload(documents: Sequence[Document]) -> Document:
    """The workload of the server: a Deployment, or a StatefulSet where each pod has a volume."""
    (found,) = (*of_kind(documents, "Deployment"), *of_kind(documents, "StatefulSet"))
    return found


def server(documents: Sequence[Document]) -> Document:
    """The pod spec of the server."""
    spec: Document = workload(documents)["spec"]["template"]["spec"]
    return spec


def job(documents: list[Document]) -> Document:
    """The pod template of the migration."""
    template: Document = the(documents, "Job")["spec"]["template"]
    return template


def main(spec: Document) -> Document:
    """The first container of a pod."""
    container: Document = spec["containers"][0]
    return container


def variables(container: Document) -> dict[str, Any]:
    """The variables of a container: a value, or where it comes from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def mounted_items(spec: Document, volume: str) -> list[Document]:
    """The keys and paths of the Secrets that a volume of credentials projects, each with the `name` of its Secret."""
    (projected,) = (entry["projected"] for entry in spec["volumes"] if entry["name"] == volume)
    return [
        {"name": source["secret"]["name"], **item}
        for source in projected["sources"]
        for item in source["secret"]["items"]
    ]


class Rendered(list[Document]):
    """The objects of one chart."""

    chart: str

    @property
    def prefix(self) -> str:
        """The prefix of the server's variables."""
        return self.chart.upper()

    @property
    def migrations(self) -> list[Document]:
        """The pod template of the migration, where the chart has one."""
        return [found["spec"]["template"] for found in of_kind(self, "Job")]

    @property
    def specs(self) -> list[Document]:
        """The pod specs of the server and of its migration."""
        return [server(self), *(found["spec"] for found in self.migrations)]


def selects(policy: Document, labels: dict[str, str]) -> bool:
    """Whether a NetworkPolicy or budget applies to a pod with these labels."""
    selector = policy["spec"].get("podSelector") or policy["spec"]["selector"]
    return selector["matchLabels"].items() <= labels.items()
