"""Access tokens, each call by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from c360.access import TenantId
from c360.values import Secret
from store.data_folders import SealedGrant
from store.database import Database
from store.keyring import Keyring
from store.repositories.grant_tokens import opened


class SqlGrants:
    """Customers' grants in the database."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret | None]:
        """Access tokens by (customer id, instance id, party id); ``None`` for a grant that has ended.

        Raises:
            StoreError: the database or the keys fail.
        """
        if not wanted:
            return {}
        return await self._database.tokens.tokens(tenant, wanted, self._keyring)

    def opened(self, tenant: TenantId, connector: str, sealed: object) -> Secret | None:
        """The token of a grant that was read with its customer; ``None`` where it has ended.

        Raises:
            KeyringError: it does not open.
        """
        if not isinstance(sealed, SealedGrant):
            raise TypeError("no grant as this store seals it")
        return opened(sealed, tenant, connector, self._keyring)

    async def refused(self, tenant: TenantId, which: tuple[str, str, str], token: Secret) -> None:
        """Note that a partner refused a token, so that it is not sent again.

        Raises:
            StoreError: the database or the keys fail.
        """
        async with self._database.unit(tenant, keyring=self._keyring) as unit:
            await unit.grants.refused(which, token)
