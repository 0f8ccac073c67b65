"""What can be told about webhooks and the events behind them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events, where they are delivered, and calls of partners."""

    allowed_networks: Annotated[
        tuple[str, ...],
        Meta(
            description="Networks and host names beyond the internet to which events may be delivered, also "
            "by http://"
        ),
    ] = ()
    timeout: Annotated[
        float, Meta(description="Seconds an endpoint may take for a delivery.", gt=0, le=60)
    ] = 10.0
    concurrency: Annotated[
        int, Meta(description="Deliveries under way at once, at most one for each endpoint.", ge=1)
    ] = 32
    retention: Annotated[
        float,
        Meta(
            description="Days that events, ended deliveries and the ids of partners' calls are kept: so far "
            "back events can be followed, and replayed",
            ge=4,
        ),
    ] = 14.0
    owners_absent: Annotated[
        float,
        Meta(
            description="Days after which an endpoint is sent nothing whose owner has not come with a token; "
            "what programs with keys of the hub's own may is known at once",
            ge=1,
        ),
    ] = 30.0
    body_limit: Annotated[
        int, Meta(description="Largest call of a partner in bytes.", ge=1024, le=1_048_576)
    ] = 262_144
    body_timeout: Annotated[float, Meta(description="Seconds a partner may take to send a call.", gt=0)] = (
        10.0
    )
    public_url: Annotated[
        str,
        Meta(
            description="Address of the server as partners call it, such as https://hub.example: some sign "
            "it. Without one it is what the request says"
        ),
    ] = ""
