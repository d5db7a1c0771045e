"""Objects that every cluster would refuse are found without a cluster."""

from typing import Any

import pytest

from devkit.settings import WORKSPACE

pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing: `make charts` installs it")

from devkit.charts.kinds import VERSIONS, Kinds

KINDS = Kinds(WORKSPACE / "helm" / "kinds")


def account(**further: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}, **further}


@pytest.mark.parametrize("version", [VERSIONS[0], VERSIONS[-1]])
def test_a_valid_object_has_no_problem(version: str) -> None:
    assert KINDS.problems(account(), version) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (account(automountServiceAccountTokn=False), "automountServiceAccountTokn"),
        (account(automountServiceAccountToken="no"), "$.automountServiceAccountToken"),
        ({"apiVersion": "v1", "kind": "Pood", "metadata": {"name": "a"}}, "does not know v1 Pood"),
        ({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}, "add its schema"),
        (
            {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {}, "spec": {"rulez": []}},
            "rulez",
        ),
    ],
)
def test_an_invalid_object_is_named_with_the_reason(document: dict[str, Any], words: str) -> None:
    problems = KINDS.problems(document, "1.34")
    assert any(words in problem for problem in problems), problems
