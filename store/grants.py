"""Access tokens, each call a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from c360.access import TenantId
from c360.values import Secret
from store.database import Database
from store.keyring import Keyring


class SqlGrants:
    """Reads grants from the database."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret]:
        """Valid access tokens by (customer id, instance id, party id).

        Raises:
            StoreError: the database or the keys fail.
        """
        if not wanted:
            return {}
        async with self._database.read(tenant, keyring=self._keyring) as unit:
            return await unit.grants.tokens(wanted)
