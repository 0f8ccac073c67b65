"""Routes by which tests and operators steer a running partner. Not part of any published API."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework.behaviour import Rule, RuleSet
from sandbox.framework.world import World

PREFIX = "/_sandbox"


def control_routes(world: World) -> list[Route]:
    """Routes that read and reset the counters, read the effects, and read and set the behaviour."""

    async def counters(_request: Request) -> Response:
        return JSONResponse(world.counters.as_dict())

    async def reset_counters(_request: Request) -> Response:
        world.counters.reset()
        return Response(status_code=204)

    async def effects(_request: Request) -> Response:
        return JSONResponse(world.effects.as_dict())

    async def behaviour(_request: Request) -> Response:
        return _shown(world)

    async def set_behaviour(request: Request) -> Response:
        try:
            told = msgspec.json.decode(await request.body(), type=RuleSet)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        first = Rule(**{name: getattr(told, name) for name in Rule.__struct_fields__})
        world.behaviour.replace((first, *told.also))
        return _shown(world)

    return [
        Route(f"{PREFIX}/counters", counters, methods=["GET"]),
        Route(f"{PREFIX}/counters/reset", reset_counters, methods=["POST"]),
        Route(f"{PREFIX}/effects", effects, methods=["GET"]),
        Route(f"{PREFIX}/behaviour", behaviour, methods=["GET"]),
        Route(f"{PREFIX}/behaviour", set_behaviour, methods=["PUT"]),
    ]


def _shown(world: World) -> Response:
    first, *also = world.behaviour.rules or (Rule(),)
    shown = RuleSet(**msgspec.structs.asdict(first), also=tuple(also))
    return Response(msgspec.json.encode(shown), media_type="application/json")
