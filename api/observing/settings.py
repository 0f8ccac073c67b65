"""Settings of what is told of how the processes do."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class Observing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Metrics, traces and lines about operations."""

    metrics_host: Annotated[
        str,
        Meta(description="Address that Prometheus scrapes; they hold nothing personal, but how busy it is."),
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int, Meta(description="Port of the server's metrics; 0: none.", ge=0, le=65535)
    ] = 0
    worker_metrics_port: Annotated[
        int, Meta(description="Port of the worker's metrics; 0: none.", ge=0, le=65535)
    ] = 0
    traces: Annotated[
        str,
        Meta(
            description="OTLP address over HTTP that spans are sent to, such as "
            "http://127.0.0.1:4318/v1/traces; none: not traced."
        ),
    ] = ""
    sampled: Annotated[
        float,
        Meta(
            description="Share of the operations that are traced, where the caller's trace does not say.",
            ge=0,
            le=1,
        ),
    ] = 1.0
    operations: Annotated[bool, Meta(description="Write a line for every operation.")] = True
