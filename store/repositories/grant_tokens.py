"""Access tokens as partners are asked with them: read by one kept statement, with the keys that open them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Text, and_, bindparam, case, null, or_, select

from c360.access import TenantId
from c360.values import Secret
from store.columns import storable
from store.keyring import DataKey, Keyring
from store.models import CustomerKey, Grant
from store.models.base import table
from store.readers.base import Reader, Statement, Value, text
from store.repositories import folder_forms
from store.repositories.grants import GrantRepository, Which
from store.repositories.kept import kept


class TokenReader:
    """Tokens of many customers in one round trip, past the sessions.

    Args:
        reader: of the database.
        clock: the present.
    """

    def __init__(self, reader: Reader, clock: Callable[[], datetime]) -> None:
        self._reader = reader
        self._clock = clock

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[Which], keyring: Keyring
    ) -> dict[Which, Secret | None]:
        """See :meth:`store.repositories.grants.GrantRepository.tokens`.

        Args:
            tenant: whose customers they are.
            wanted: customer id, instance id, party id.
            keyring: opens them.

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
            StoreError: the database does not answer.
        """
        asked = set(wanted)
        given: dict[str, Value] = {
            "tenant": tenant,
            "now": self._clock(),
            "ids": tuple({which[0] for which in asked if storable(which[0])}),
        }
        rows = await self._reader.run(_statement(postgres=self._reader.postgres), given)
        found: dict[Which, Secret | None] = {}
        keys: dict[str, DataKey] = {}
        for row in rows:
            customer, connector, party, sealed_for, token, master, wrapped = map(text, row)
            which = (customer, connector, party)
            if which not in asked:
                continue
            found[which] = None
            if not (sealed_for and wrapped):  # it has ended, or nobody can open it any more
                continue
            if sealed_for not in keys:
                keys[sealed_for] = keyring.unwrap(tenant, sealed_for, bytes.fromhex(wrapped), master)
            sealed = bytes.fromhex(token)
            opened = GrantRepository.open_token(keys[sealed_for], tenant, sealed_for, connector, sealed)
            found[which] = Secret(opened)
        return found


@functools.cache
def _statement(*, postgres: bool) -> Statement:
    forms = folder_forms.POSTGRES if postgres else folder_forms.SQLITE
    tenant, now = bindparam("tenant", type_=Text), forms.moment_parameter("now")
    holds = and_(Grant.revoked_at.is_(None), or_(Grant.expires_at.is_(None), Grant.expires_at > now))
    opened_by = and_(CustomerKey.tenant == Grant.tenant, CustomerKey.customer_id == Grant.sealed_for)
    asked = select(
        Grant.customer_id,
        Grant.connector,
        Grant.party_id,
        case((holds, Grant.sealed_for), else_=null()),
        forms.hexadecimal(Grant.token),
        CustomerKey.master,
        forms.hexadecimal(CustomerKey.wrapped),
    ).select_from(table(Grant).outerjoin(table(CustomerKey), opened_by))
    built = asked.where(Grant.tenant == tenant, forms.among(Grant.customer_id, "ids"))
    return kept(built, postgres=postgres)
