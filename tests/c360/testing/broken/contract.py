"""Connectors that are not what they say, and settings that are not named."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from c360.auth import ApiKey, Auth
from c360.contract import Connector, Context, Description, Exemption, Limits, WebhookSpec
from c360.hooks import hookimpl
from c360.http import Request, Response, Transport
from c360.values import Secret
from tests.c360.testing.broken.case import Broken, described
from tests.c360.testing.club import KEY, Club
from tests.c360.testing.good import ClubConfig, GoodClub
from tests.c360.testing.suites import ClubSuite

_COUNT = itertools.count()


class DescribesAnew(GoodClub):
    @classmethod
    def describe(cls) -> Description:
        about: Description = described(title=f"Club {next(_COUNT)}")
        return about


class OldContract(GoodClub):
    description = described(contract=0)


class Nameless(GoodClub):
    description = described(title=" ")


class ForeignKind(GoodClub):
    description = described(
        webhooks=WebhookSpec(kinds=("party.profile", "hotel.stays"), signed=True, replay_window=300.0)
    )


class HiddenSearch(GoodClub):
    description = described(identifies=())


class NoTrace(GoodClub):
    trace = Connector.trace


class ZeroLimit(GoodClub):
    description = described(limits=Limits(concurrency=4, requests_per_second=20, max_records=0))


class NotInTheHook(GoodClub):
    """The hook below leaves it out."""


class ExemptFromItsOwn(GoodClub):
    description = described(exemptions=(Exemption(rule="webhooks", reason="the club makes no calls"),))


class StartsAtOnce(GoodClub):
    def __init__(self, config: ClubConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._task = asyncio.get_running_loop().create_task(asyncio.sleep(3600))


class WildRate(GoodClub):
    description = described(limits=Limits(concurrency=4, requests_per_second=1e9))


class OpenClub(Club):
    """Asks for no credential."""

    async def send(self, request: Request) -> Response:
        return await super().send(msgspec.structs.replace(request, auth=ApiKey("x-club-key", Secret(KEY))))


class NoCredential(GoodClub):
    def auth(self) -> Auth | None:
        return None


class OpenSuite(ClubSuite):
    __test__ = False

    def partner(self) -> Transport:
        return OpenClub()


class PickyConfig(ClubConfig, frozen=True, kw_only=True):
    """Wants more than the suite gives."""

    region: Annotated[str, Meta(description="Where the club is.")]


class Picky(GoodClub):
    description = described(config=PickyConfig)


class NoAddress(GoodClub):
    description = described(documentation="ask the club")


class TolerantConfig(ClubConfig, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Takes what it does not know."""


class Tolerant(GoodClub):
    description = described(config=TolerantConfig)


class UntypedConfig(ClubConfig, frozen=True, kw_only=True):
    """Takes anything."""

    region: Annotated[Any, Meta(description="Where the club is.")] = None


class Untyped(GoodClub):
    description = described(config=UntypedConfig)


class PlainConfig(ClubConfig, frozen=True, kw_only=True):
    """Has a password in plain text."""

    proxy_password: Annotated[str, Meta(description="What the proxy asks for.")] = "none"


class Plain(GoodClub):
    description = described(config=PlainConfig)


class LoudConfig(ClubConfig, frozen=True, kw_only=True):
    """Shows its secret."""

    def __repr__(self) -> str:
        return f"LoudConfig(api_key={self.api_key.reveal()})"


class Loud(GoodClub):
    description = described(config=LoudConfig)


class SilentConfig(ClubConfig, frozen=True, kw_only=True):
    """Has a setting that nobody explains."""

    mode: str = "fast"


class Silent(GoodClub):
    description = described(config=SilentConfig)


CASES = (
    Broken(DescribesAnew, "describe-is-constant"),
    Broken(OldContract, "contract-version"),
    Broken(Nameless, "names-and-domain"),
    Broken(ForeignKind, "kinds-registered"),
    Broken(HiddenSearch, "methods-match"),
    Broken(NoTrace, "methods-match", frozenset({"action-traced"})),
    Broken(ZeroLimit, "limits-positive"),
    Broken(NotInTheHook, "hook-returns-it"),
    Broken(ExemptFromItsOwn, "exemptions-honest"),
    Broken(StartsAtOnce, "construct-without-io"),
    Broken(WildRate, "rate-plausible"),
    Broken(NoCredential, "auth-on-every-request", base=OpenSuite),
    Broken(Picky, "config-accepted"),
    Broken(NoAddress, "documentation-address"),
    Broken(Tolerant, "config-unknown-named"),
    Broken(Untyped, "config-type-named"),
    Broken(Plain, "config-secrets-marked"),
    Broken(Loud, "config-secrets-hidden", frozenset({"reprs-hide-secrets"})),
    Broken(Silent, "config-documented"),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES if case.connector is not NotInTheHook)
