"""Objects in arguments whose members are known at run time only, such as the custom fields of a queue."""

import warnings
from collections.abc import Mapping
from typing import Any, Optional

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from servicekit.schema.arguments import STRICT, InvalidArguments, plain_json
from servicekit.schema.conversions import is_empty
from servicekit.schema.kinds import Reading
from servicekit.schema.members import Members
from servicekit.schema.wording import explained, refusal


class DescribedObject:
    """Validates such an object as an argument of a tool is validated: the same conversions, the same refusals.

    Args:
        argument: the name of the argument that holds it.
        members: the annotation of each member, by name.
    """

    def __init__(self, argument: str, members: Mapping[str, Any]) -> None:
        self._argument = argument
        optional: dict[str, Any] = {name: (Optional[annotation], None) for name, annotation in members.items()}  # noqa: UP045  # made at run time
        config: ConfigDict = {**STRICT, "protected_namespaces": ()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # a member may be called `copy`, as a method of the model is
            inner = create_model("members", __config__=config, **optional)
        whole: dict[str, Any] = {argument: (inner, ...)}
        self._whole: type[BaseModel] = create_model("arguments", __config__=STRICT, **whole)
        self._kinds = Members(self._whole)
        self._members = Members(inner)

    def rule(self, name: str) -> str:
        """What a right value of a member is, to follow its name."""
        return self._members.inner(name).rule or "must be text"

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The valid members that were sent, in the order in which they are described; None for one that is empty, which
        clears it.

        Raises:
            InvalidArguments: a member does not exist or breaks its rule.
        """
        reading = Reading()
        named = self._members.renamed(sent, self._argument, reading)
        cleared = {name: None for name, value in named.items() if name in self._members.members and is_empty(value)}
        given = {self._argument: {name: value for name, value in named.items() if name not in cleared}}
        understood = self._kinds.read(given, "", reading)
        if reading.problems:
            raise InvalidArguments(refusal(reading.problems))
        try:
            whole = self._whole.__pydantic_validator__.validate_json(plain_json(understood), strict=True)
        except ValidationError as error:
            raise InvalidArguments(explained(error, self._kinds, understood)) from None
        values: BaseModel = getattr(whole, self._argument)
        found = {name: getattr(values, name) for name in values.model_fields_set} | cleared
        return {name: found[name] for name in self._members.members if name in found}
