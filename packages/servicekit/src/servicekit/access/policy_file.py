"""The policy files (YAML): upper bounds of what each client may do, whatever its credential grants."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from servicekit.core.allowances import NO_ALLOWANCES, Allowances, RefundAllowance
from servicekit.core.grants import GrantKind
from servicekit.core.name_patterns import NamePatterns
from servicekit.settings.bounded_yaml import Pace
from servicekit.settings.configuration_files import Source
from servicekit.settings.errors import InvalidContent
from servicekit.settings.parsed_yaml import parse_yaml

PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]
Named = Literal["tools", "resources", "prompts"]
"""The kinds of operations that a policy names. A completion goes with its prompt or resource."""
_NAMED: Final[tuple[Named, ...]] = ("tools", "resources", "prompts")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class LimitPolicy(_Strict):
    """Calls per minute through this client. A limit below the server's caps the client within the subject's budget; a
    limit above lets the subject spend more through this client."""

    caller: Annotated[PerMinute | None, Field(description="All calls of one subject.")] = None
    tool: Annotated[PerMinute | None, Field(description="Calls of one tool by one subject, by their cost.")] = None


class ClientPolicy(_Strict):
    """The upper bounds of one client.

    With `tools`, `resources` or `prompts`, the client may use what these name and nothing else; without all three, it
    may use everything. In names, * stands for any run of characters, ? for one, [ab] for one of some.
    """

    tools: list[str] = Field(
        default_factory=list[str],
        description="Names of tools. <server>_whoami and <server>_confirm_action are always allowed.",
    )
    resources: list[str] = Field(
        default_factory=list[str],
        description="URIs and URI templates as the server lists them, such as order://*; with their completions and "
        "subscriptions.",
    )
    prompts: list[str] = Field(default_factory=list[str], description="Names of prompts; with their completions.")
    write: Annotated[bool, Field(description="Whether tools that write may be used.")] = True
    max_records: Annotated[
        int | None,
        Field(
            ge=1,
            le=1000,
            description="The most records in a list or table of one answer: of tools and resources, of suggested "
            "values, and of resources in one subscription.",
        ),
    ] = None
    limits: LimitPolicy = LimitPolicy()
    grants: Annotated[
        dict[GrantKind, list[str]],
        Field(
            description="The only resources the client may touch, by kind, as names or patterns. Those of the "
            "credential count as well."
        ),
    ] = {}
    refunds: Annotated[
        list[RefundAllowance] | None,
        Field(
            max_length=50,
            description="Refunds without a second person's approval: within any entry whose scope the caller has. An "
            "empty list: none. Without it, 30 days and any amount.",
        ),
    ] = None
    discount_percent: Annotated[
        int | None, Field(ge=0, le=100, description="The largest discount of a draft order. Without it, 10.")
    ] = None

    @cached_property
    def allowances(self) -> Allowances:
        """What the client's callers decide by themselves."""
        if self.refunds is None and self.discount_percent is None:
            return NO_ALLOWANCES
        refunds = None if self.refunds is None else tuple(self.refunds)
        return Allowances(refunds=refunds, discount_percent=self.discount_percent)

    @cached_property
    def patterns(self) -> Mapping[Named, NamePatterns] | None:
        """The patterns by kind; None where everything is allowed."""
        if self.model_fields_set.isdisjoint(_NAMED):
            return None
        return {kind: NamePatterns(getattr(self, kind)) for kind in _NAMED}

    def allows(self, kind: Named, name: str) -> bool:
        """Whether the policy allows a tool, a resource or a prompt."""
        patterns = self.patterns
        return patterns is None or patterns[kind].match(name)


class PolicyDocument(_Strict):
    """A policy file. `default` applies to clients that are not listed. Begin the file with `---` and end it with `...`:
    then a file that was cut off anywhere is refused."""

    version: Literal[1]
    default: ClientPolicy = Field(default_factory=ClientPolicy)
    clients: Annotated[Mapping[str, ClientPolicy], Field(description="By client id, as in the token or key.")] = {}

    def for_client(self, client_id: str) -> ClientPolicy:
        """The client's policy, or the default."""
        return self.clients.get(client_id, self.default)


def parse_policies(files: Sequence[Source], pace: Pace | None = None) -> PolicyDocument:
    """Parse the policy files, at a pace in a thread, into one document.

    Raises:
        InvalidContent: one is not YAML or does not match the schema, with every problem and its path; or two have the
            same client, or a default.
    """
    documents = [
        parse_yaml(text, PolicyDocument, f"The policy file {path}" if len(files) > 1 else "The policy file", pace)
        for path, text in files
    ]
    if len(documents) == 1:
        return documents[0]
    paths = [file.path for file in files]
    with_default = [place for place, found in enumerate(documents) if "default" in found.model_fields_set]
    if len(with_default) > 1:
        raise InvalidContent(f"Two policy files have a default, {paths[with_default[0]]} and {paths[with_default[1]]}.")
    place_of: dict[str, int] = {}
    for place, found in enumerate(documents):
        if twice := next((client for client in found.clients if client in place_of), None):
            both = f"{paths[place_of[twice]]} and {paths[place]}"
            raise InvalidContent(f"The client {twice} is in two policy files, {both}. Keep one.")
        place_of |= dict.fromkeys(found.clients, place)
    default = documents[with_default[0]].default if with_default else ClientPolicy()
    clients = _Together([found.clients for found in documents], place_of)
    return PolicyDocument(version=1).model_copy(update={"default": default, "clients": clients})


class _Together(Mapping[str, ClientPolicy]):
    """The clients of several files.

    Args:
        place_of: which of the files has a client.
    """

    def __init__(self, files: Sequence[Mapping[str, ClientPolicy]], place_of: Mapping[str, int]) -> None:
        self._files = files
        self._place_of = place_of

    def __getitem__(self, client: str) -> ClientPolicy:
        return self._files[self._place_of[client]][client]

    def __iter__(self) -> Iterator[str]:
        return iter(self._place_of)

    def __len__(self) -> int:
        return len(self._place_of)


def parse_policy(text: str) -> PolicyDocument:
    """Parse one policy file."""
    return parse_policies([Source("policy.yaml", text)])


def policy_schema() -> dict[str, Any]:
    """The file's JSON Schema, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PolicyDocument.model_json_schema()}
