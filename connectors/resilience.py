"""How the host treats partners that fail, as data: what a test switches off and an operator may tune."""

from __future__ import annotations

import msgspec


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """When a request is sent again.

    Only requests that change nothing, or that carry an idempotency key which the partner honours, and
    never past the operation's deadline. The wait before attempt *n* is drawn evenly from 0 to
    ``min(longest, first * 2**(n-1))``: "full jitter", M. Brooker, *Exponential Backoff And Jitter*,
    AWS Architecture Blog, 2015. All requests of an instance share a throttle, so that a partner that is down
    is not asked three times as often: each failed attempt costs one of ``tokens``, each answer
    gives ``regain`` of one back, and nothing is sent again while half of them are gone (gRPC
    proposal A6, *Throttling Retry Attempts*).
    """

    attempts: int = 3
    """Attempts at one request at the most, the first included; 1 switches retries off."""
    first: float = 0.1
    """Seconds."""
    longest: float = 2.0
    """Seconds."""
    tokens: float = 10.0
    regain: float = 0.1
    alone: float = 30.0
    """Seconds within which a request that belongs to no operation (a feed's) may be sent again."""


class BreakerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When an operation of a partner is left alone.

    It opens when of the latest ``window`` calls, at least ``least``, a ``share`` failed within
    ``memory`` seconds: no answer, 5xx, an answer that does not decode, or slower than ``slow`` of the
    time a request may take. After ``pause`` seconds it lets ``probes`` calls through; they close it when
    all go well, else it pauses twice as long.
    """

    window: int = 20
    least: int = 10
    """Calls below which nothing is concluded; more than ``window`` switches breakers off."""
    share: float = 0.5
    memory: float = 60.0
    pause: float = 5.0
    longest: float = 60.0
    """Seconds that a pause grows to."""
    probes: int = 2
    slow: float = 0.3
    """Share of a request's time-out. 1.5 s by default: less than the default deadline, so that a partner
    that lets every operation run into it is found out; an operator who grants a partner a longer
    ``timeout`` grants this too."""


class Resilience(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the host does about failing partners."""

    retries: Retries = Retries()
    breaker: BreakerPolicy = BreakerPolicy()
    queue: int = 2_000
    """Requests that may wait for one instance: more than any one operation makes, less than what
    would still be answered by anybody's deadline."""


BARE = Resilience(retries=Retries(attempts=1), breaker=BreakerPolicy(least=1_000_000))
"""Neither retries nor breakers: for tests of what a single attempt does."""
