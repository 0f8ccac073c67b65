"""What the settings say of authentication, opened."""

from __future__ import annotations

from api.authentication.api_keys import ApiKeys
from api.authentication.authenticator import Authenticator, Trusted
from api.authentication.development import DEVELOPMENT, DevelopmentIssuer
from api.authentication.keys import IssuerKeys, Load, from_file, from_url
from api.authentication.settings import Issuer, check_issuers, is_loopback
from api.settings import Settings
from api.webhooks.rights import OwnersRights
from api.wiring import Hub
from c360.errors import ConfigError


def check_listening(settings: Settings) -> None:
    """Whether the server may listen where the settings say, by who is believed.

    Raises:
        ConfigError: nobody could be let in, or anybody on the network would be who they like.
    """
    found = settings.authentication
    check_issuers(found)
    if found.development and not is_loopback(settings.server.host):
        raise ConfigError(
            "authentication.development",
            f"true while server.host is {settings.server.host!r}",
            "set it to false and name your issuer in [authentication.issuers.NAME]: whoever reads the "
            "development issuer's key is whoever they like",
        )
    if not found.issuers and not found.development:
        raise ConfigError(
            "authentication.issuers",
            "nothing",
            "name an issuer in [authentication.issuers.NAME] with issuer, audience, and jwks_url or "
            "jwks_file; on your own machine set authentication.development = true",
        )


def open_authenticator(hub: Hub, settings: Settings) -> Authenticator:
    """Who says who asks.

    Raises:
        ConfigError: the settings of an issuer are wrong.
    """
    found = settings.authentication
    check_issuers(found)

    def keys(name: str, issuer: Issuer, load: Load) -> Trusted:
        read = IssuerKeys(
            name,
            load,
            issuer.algorithms,
            max_age=found.keys_max_age,
            min_interval=found.keys_min_interval,
        )
        return Trusted(issuer=issuer, keys=read)

    trusted = {
        name: keys(
            name,
            each,
            from_url(each.jwks_url) if each.jwks_url else from_file(settings.folder / each.jwks_file),
        )
        for name, each in found.issuers.items()
    }
    if found.development:
        own = DevelopmentIssuer(found, settings.folder)
        trusted["development"] = keys("development", DEVELOPMENT, own.load())
    own_keys = ApiKeys(hub.store.database, hub.tenant, hub.clock)
    return Authenticator(
        hub.tenant,
        trusted,
        leeway=found.leeway,
        clock=hub.clock,
        keys=own_keys,
        proven=OwnersRights(hub.store.database, hub.tenant, hub.clock).proven,
    )
