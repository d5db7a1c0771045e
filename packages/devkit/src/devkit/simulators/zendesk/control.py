"""The control route for switches."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from devkit.simulators.control import checked
from devkit.simulators.zendesk.switches import Switches
from devkit.simulators.zendesk.world import World


class SwitchControl:
    """The route that shows and changes the switches."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[BaseRoute]:
        return [Route("/_simulator/switches", checked(self._change), methods=["GET", "POST"])]

    async def _change(self, request: Request) -> Response:
        if request.method == "POST":
            changes = await request.json()
            self._world.switches = Switches.model_validate(self._world.switches.model_dump() | changes)
        return JSONResponse(self._world.switches.model_dump())
