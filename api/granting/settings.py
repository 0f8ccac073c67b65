"""Where customers who grant access to a partner come back to."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from api.authentication.settings import is_loopback
from c360.errors import ConfigError
from connectors.granting import CALLBACK, GrantSettings


class Grants(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How customers grant access to partners."""

    callback_url: Annotated[
        str,
        Meta(
            description=f"The hub's own public address {CALLBACK}, as it is registered at the partners; "
            "without it no customer is asked."
        ),
    ] = ""
    return_to: Annotated[
        tuple[str, ...],
        Meta(description="Addresses that customers may be sent to in the end, to the letter."),
    ] = ()

    def checked(self) -> GrantSettings:
        """What connectors need of it.

        Raises:
            ConfigError: an address is not safe, or not where the hub answers.
        """
        if self.callback_url:
            _check("grants.callback_url", self.callback_url)
            if urlsplit(self.callback_url).path != CALLBACK or urlsplit(self.callback_url).query:
                raise ConfigError(
                    "grants.callback_url",
                    repr(self.callback_url),
                    f"let it end in {CALLBACK}, without a query",
                )
        for address in self.return_to:
            _check("grants.return_to", address)
        return GrantSettings(callback_url=self.callback_url, return_to=self.return_to)


def _check(field: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        safe = False
    if not safe or parts.fragment:
        raise ConfigError(field, repr(address), "use an https:// address without a fragment")
