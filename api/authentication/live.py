"""Who asks on a socket or a stream: the same as for one answer, told as what goes on knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from api.authentication.authenticator import PURPOSE_HEADER, Authenticator
from api.authentication.errors import RefusedAccess, Unauthenticated
from c360.access import Access
from schema.live import AccessEnded


def live_access(
    authenticator: Authenticator,
) -> Callable[[Mapping[str, str], Mapping[str, Any]], Awaitable[Access]]:
    """What finds out who asks from the headers of a connection and the payload of ``connection_init``.

    Browsers cannot set headers on a socket, so the payload may hold ``Authorization`` and ``C360-Purpose``
    under any case; what it says stands before the headers.

    Args:
        authenticator: says who asks.
    """

    async def authenticate(headers: Mapping[str, str], payload: Mapping[str, Any]) -> Access:
        given = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        if "authorization" not in given and PURPOSE_HEADER not in given:
            said = headers
        else:
            said = {
                name: value
                for name in ("authorization", PURPOSE_HEADER)
                if (value := given.get(name, headers.get(name))) is not None
            }
        try:
            return await authenticator.authenticate(said)
        except RefusedAccess as refused:
            raise AccessEnded(str(refused), can_renew=not isinstance(refused, Unauthenticated)) from None

    return authenticate
