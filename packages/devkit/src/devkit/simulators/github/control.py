"""The control route for rate limits."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from devkit.simulators.control import checked
from devkit.simulators.github.limits import RateLimits
from devkit.simulators.github.world import SIMULATED_TOKEN, World


class LimitChange(BaseModel):
    """A rate limit's new state."""

    model_config = ConfigDict(extra="forbid")

    resource: Literal["core", "search", "code_search", "graphql"] = "core"
    remaining: Annotated[int, Field(ge=0)] = 0
    seconds: Annotated[int, Field(ge=1, le=86400)] = 60
    token: str = SIMULATED_TOKEN


class LimitControl:
    """The route that sets the remaining quota."""

    def __init__(self, limits: RateLimits, world: World) -> None:
        self._limits = limits
        self._world = world

    @property
    def routes(self) -> list[BaseRoute]:
        return [Route("/_simulator/limits", checked(self._change_limits), methods=["POST"])]

    async def _change_limits(self, request: Request) -> Response:
        change = LimitChange.model_validate(await request.json())
        identity = self._world.identities.get(change.token)
        self._limits.use_up(identity, change.resource, change.remaining, change.seconds)
        return JSONResponse(self._limits.window(identity, change.resource).as_json())
