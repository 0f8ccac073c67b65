"""Access tokens as partners are asked with them: sealed as they are kept, with the keys that open them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, bindparam, case, null, or_, select

from c360.access import TenantId
from c360.values import Secret
from store.columns import storable
from store.data_folders import SealedGrant
from store.keyring import Keyring
from store.models import CustomerKey, Grant
from store.models.base import table
from store.readers.base import Reader, Statement, Value, text
from store.repositories import folder_forms
from store.repositories.folder_forms import Forms
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
        for row in rows:
            customer, connector, party, sealed_for, token, master, wrapped = map(text, row)
            which = (customer, connector, party)
            if which in asked:
                grant = SealedGrant(sealed_for=sealed_for, token=token, master=master, wrapped=wrapped)
                found[which] = opened(grant, tenant, connector, keyring)
        return found


def opened(grant: SealedGrant, tenant: TenantId, connector: str, keyring: Keyring) -> Secret | None:
    """The token of a grant; ``None`` where it has ended, or nobody can open it any more.

    It is opened once: a grant that is read with its customer comes again as long as it is the same.

    Args:
        grant: as it is kept.
        tenant: whose customer it is of.
        connector: at which instance it is good.
        keyring: opens it.

    Raises:
        KeyringError: it was sealed under another master key, or is damaged.
    """
    if not (grant.sealed_for and grant.wrapped and grant.master):
        return None
    asked = (keyring, tenant, connector)
    token: Secret | None = grant.remembered.get(asked)
    if token is None:
        key = keyring.unwrap(tenant, grant.sealed_for, bytes.fromhex(grant.wrapped), grant.master)
        content = bytes.fromhex(grant.token)
        token = Secret(GrantRepository.open_token(key, tenant, grant.sealed_for, connector, content))
        grant.remembered[asked] = token
    return token


def sealed(grant: Any, forms: Forms, now: Any) -> Mapping[str, Any]:
    """The columns of a :class:`~store.data_folders.SealedGrant`, by its names.

    Args:
        grant: the table.
        forms: of the database.
        now: the parameter with the present.
    """
    holds = and_(grant.revoked_at.is_(None), or_(grant.expires_at.is_(None), grant.expires_at > now))
    return {
        "sealed_for": case((holds, grant.sealed_for), else_=null()),
        "token": forms.hexadecimal(grant.token),
        "master": _of_key(grant, CustomerKey.master),
        "wrapped": _of_key(grant, forms.hexadecimal(CustomerKey.wrapped)),
    }


def _of_key(grant: Any, column: Any) -> Any:
    """A column of the key that opens a grant."""
    opens = (CustomerKey.tenant == grant.tenant, CustomerKey.customer_id == grant.sealed_for)
    return select(column).where(*opens).correlate(table(Grant)).scalar_subquery()


@functools.cache
def _statement(*, postgres: bool) -> Statement:
    forms = folder_forms.POSTGRES if postgres else folder_forms.SQLITE
    columns = sealed(Grant, forms, forms.moment_parameter("now"))
    asked = select(Grant.customer_id, Grant.connector, Grant.party_id, *columns.values())
    tenant = bindparam("tenant", type_=Text)
    built = asked.where(Grant.tenant == tenant, forms.among(Grant.customer_id, "ids"))
    return kept(built, postgres=postgres)
