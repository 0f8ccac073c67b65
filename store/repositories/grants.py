"""Customers' access tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from c360.values import Secret
from store.data import EnrolGrant
from store.data_credentials import DutyKind, GrantData, GrantState, NewGrant, RevokedBy
from store.keyring import DataKey
from store.models import Grant, GrantDuty, IdentityLink, Snapshot
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.vault import Vault

PURPOSE = "grant"
"""Stands in place of a record kind in what a token is bound to."""
EARLY = timedelta(minutes=10)
"""Before its end at which a token is renewed; for a short-lived one a third of its life."""
_RARELY = timedelta(days=30)
"""After which a token whose end the partner does not tell is renewed."""

Which = tuple[str, str, str]
"""Customer id, instance id, party id."""


class GrantRepository(Repository):
    """Keeps one grant per party."""

    async def tokens(self, wanted: Sequence[Which]) -> dict[Which, Secret | None]:
        """Tokens by (customer id, instance id, party id); ``None`` for a grant that has ended.

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        asked = set(wanted)
        now = self._scope.clock()
        rows = await self._session.execute(
            select(
                Grant.customer_id,
                Grant.connector,
                Grant.party_id,
                Grant.token,
                Grant.sealed_for,
                Grant.expires_at,
                Grant.revoked_at,
            ).where(
                Grant.tenant == self._tenant,
                self._scope.among(Grant.customer_id, {customer_id for customer_id, _, _ in asked}),
            )
        )
        found: dict[Which, Secret | None] = {}
        sealed: dict[Which, tuple[bytes, str]] = {}
        for customer, connector, party, token, sealed_for, expires_at, revoked_at in rows:
            which = (customer, connector, party)
            if which not in asked:
                continue
            found[which] = None
            if revoked_at is None and (expires_at is None or expires_at > now):
                sealed[which] = (token, sealed_for)
        if sealed:
            keys = await Vault(self._scope).keys(sealed_for for _, sealed_for in sealed.values())
            for which, (token, sealed_for) in sealed.items():
                if sealed_for in keys:
                    text = self.open_token(keys[sealed_for], self._tenant, sealed_for, which[1], token)
                    found[which] = Secret(text)
        return found

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[GrantData, ...]]:
        """The grants of each customer, without their tokens."""
        now = self._scope.clock()
        rows = await self._session.execute(
            select(table(Grant), GrantDuty.kind.label("duty"))
            .outerjoin(
                GrantDuty,
                (GrantDuty.tenant == Grant.tenant)
                & (GrantDuty.customer_id == Grant.customer_id)
                & (GrantDuty.connector == Grant.connector)
                & (GrantDuty.party_id == Grant.party_id),
            )
            .where(
                Grant.tenant == self._tenant,
                self._scope.among(Grant.customer_id, customer_ids),
                *self._scope.told_by(Grant.connector),
            )
            .order_by(Grant.connector, Grant.party_id)
        )
        found: dict[str, tuple[GrantData, ...]] = {}
        for row in rows:
            found[row.customer_id] = (*found.get(row.customer_id, ()), _data(row, now))
        return found

    async def put(self, grants: Mapping[Which, EnrolGrant]) -> set[Which]:
        """Keep grants by (customer id, instance id, party id), each replacing the one before.

        The same token as before changes nothing but scopes and expiry; in particular a revoked token
        stays revoked. Erased customers are passed over.

        Returns:
            those whose grant is new or changed.
        """
        if not grants:
            return set()
        customer_ids = {customer_id for customer_id, _, _ in grants}
        keys = await Vault(self._scope).ensure(customer_ids)
        held = await self._held(customer_ids)
        old = await Vault(self._scope).keys({row.sealed_for for row in held.values()})
        rows: list[dict[str, Any]] = []
        for which, grant in grants.items():
            customer_id, connector, _ = which
            key = keys.get(customer_id)
            if key is None:
                continue
            scopes = " ".join(grant.scopes)
            before = held.get(which)
            same = before is not None and (
                self.open_token(
                    old[before.sealed_for], self._tenant, before.sealed_for, connector, before.token
                )
                == grant.token.reveal()
            )
            if (
                before is not None
                and same
                and (before.scopes, before.expires_at) == (scopes, grant.expires_at)
            ):
                continue
            rows.append(
                {
                    **self._row(which, key, grant.token, scopes, grant.expires_at),
                    "revoked_at": before.revoked_at if before is not None and same else None,
                    "revoked_by": before.revoked_by if before is not None and same else None,
                    "granted_at": before.granted_at if before is not None and same else None,
                    "granted_by": before.granted_by if before is not None and same else None,
                }
            )
        await self._scope.replace_many(Grant, rows)
        return {(row["customer_id"], row["connector"], row["party_id"]) for row in rows}

    async def grant(self, which: Which, given: NewGrant, *, by: str) -> bool:
        """Keep what a partner gave for a customer's consent; ``False`` where the customer is gone.

        Args:
            which: customer id, instance id, party id.
            given: the tokens.
            by: who began it.
        """
        key = (await Vault(self._scope).ensure([which[0]])).get(which[0])
        if key is None:
            return False
        now = self._scope.clock()
        row = self._row(which, key, given.access_token, " ".join(given.scopes), given.expires_at)
        more = {"revoked_at": None, "revoked_by": None, "granted_at": now, "granted_by": by}
        await self._scope.replace_many(Grant, [{**row, **more}])
        await self._forget_duty(which)
        await self._expect_renewal(which, key, given)
        return True

    async def renew(self, which: Which, given: NewGrant) -> bool:
        """Keep what a partner gave for a renewal, all at once; ``False`` where the grant was taken back."""
        key = (await Vault(self._scope).ensure([which[0]])).get(which[0])
        if key is None:
            return False
        row = self._row(which, key, given.access_token, " ".join(given.scopes), given.expires_at)
        kept = ("sealed_for", "token", "scopes", "expires_at", "updated_at")
        changed = await self._scope.change(
            update(Grant)
            .where(*self._of(which), Grant.revoked_at.is_(None))
            .values(**{name: row[name] for name in kept})
        )
        if changed:
            await self._expect_renewal(which, key, given)
        return bool(changed)

    async def refused(self, which: Which, token: Secret) -> bool:
        """Note that a partner refused a token: it is not sent again.

        One that can be renewed is, at once; another one counts as taken back by the partner. A token that
        was replaced meanwhile changes nothing.
        """
        held = (await self._held({which[0]})).get(which)
        key = (
            None if held is None else (await Vault(self._scope).keys([held.sealed_for])).get(held.sealed_for)
        )
        if held is None or key is None or held.revoked_at is not None:
            return False
        if self.open_token(key, self._tenant, held.sealed_for, which[1], held.token) != token.reveal():
            return False
        now = self._scope.clock()
        renewing = await self._scope.change(
            update(GrantDuty)
            .where(*self._duty(which), GrantDuty.kind == DutyKind.RENEW.value)
            .values(due_at=now)
        )
        values: dict[str, Any] = (
            {"expires_at": now} if renewing else {"revoked_at": now, "revoked_by": RevokedBy.PARTNER.value}
        )
        await self._scope.change(update(Grant).where(*self._of(which)).values(**values, updated_at=now))
        return True

    async def revoke(
        self,
        customer_id: str,
        connector: str,
        *,
        at: datetime | None = None,
        by: RevokedBy = RevokedBy.CUSTOMER,
    ) -> bool:
        """Withdraw a customer's grants at a partner, and forget what was read under them.

        The partner is told as soon as it can be: a duty of the worker's.

        Returns:
            whether there was one to withdraw.
        """
        now = at or self._scope.clock()
        mine = await self._held({customer_id})
        ending = {
            which: row for which, row in mine.items() if which[1] == connector and row.revoked_at is None
        }
        await self._scope.change(
            update(Grant)
            .where(
                Grant.tenant == self._tenant,
                Grant.customer_id == customer_id,
                Grant.connector == connector,
                Grant.revoked_at.is_(None),
            )
            .values(revoked_at=now, revoked_by=by.value, updated_at=now)
        )
        for which, row in ending.items():
            await self._expect_revocation(which, row, now)
        await self.forget_copies(customer_id, connector)
        return bool(ending)

    async def holder(self, connector: str, party_id: str) -> str | None:
        """The customer whose a party is now."""
        found: str | None = await self._session.scalar(
            select(IdentityLink.customer_id).where(
                IdentityLink.tenant == self._tenant,
                IdentityLink.connector == connector,
                IdentityLink.party_id == party_id,
                IdentityLink.unlinked_at.is_(None),
            )
        )
        return found

    async def forget_copies(self, customer_id: str, connector: str) -> None:
        """Delete the last-known copies of a customer's records at a partner."""
        await self._scope.change(
            delete(Snapshot).where(
                Snapshot.tenant == self._tenant,
                Snapshot.customer_id == customer_id,
                Snapshot.connector == connector,
            )
        )

    async def _expect_renewal(self, which: Which, key: DataKey, given: NewGrant) -> None:
        if given.refresh_token is None:
            return
        now = self._scope.clock()
        due_at = now + _RARELY
        if given.expires_at is not None:
            due_at = given.expires_at - min(EARLY, (given.expires_at - now) / 3)
        token = self._seal(key, which[0], which[1], given.refresh_token)
        await self._duty_row(
            which, DutyKind.RENEW, sealed_for=which[0], token=token, hint="refresh_token", due_at=due_at
        )

    async def _expect_revocation(self, which: Which, row: Grant, now: datetime) -> None:
        changed = await self._scope.change(
            update(GrantDuty)
            .where(*self._duty(which), GrantDuty.kind == DutyKind.RENEW.value)
            .values(kind=DutyKind.REVOKE.value, due_at=now, attempts=0, claimed_until=None, updated_at=now)
        )
        if not changed:
            await self._duty_row(
                which,
                DutyKind.REVOKE,
                sealed_for=row.sealed_for,
                token=row.token,
                hint="access_token",
                due_at=now,
            )

    async def _duty_row(
        self,
        which: Which,
        kind: DutyKind,
        *,
        sealed_for: str,
        token: bytes,
        hint: str,
        due_at: datetime,
    ) -> None:
        customer_id, connector, party_id = which
        row = {
            "customer_id": customer_id,
            "connector": connector,
            "party_id": party_id,
            "kind": kind.value,
            "sealed_for": sealed_for,
            "token": token,
            "hint": hint,
            "due_at": due_at,
            "attempts": 0,
            "claimed_until": None,
            "updated_at": self._scope.clock(),
        }
        await self._scope.replace_many(GrantDuty, [row])

    async def _forget_duty(self, which: Which) -> None:
        await self._scope.change(delete(GrantDuty).where(*self._duty(which)))

    async def _held(self, customer_ids: set[str]) -> dict[Which, Grant]:
        rows = await self._scope.every(
            select(Grant).where(
                Grant.tenant == self._tenant, self._scope.among(Grant.customer_id, customer_ids)
            )
        )
        return {(row.customer_id, row.connector, row.party_id): row for row in rows}

    def _of(self, which: Which) -> tuple[Any, ...]:
        return (
            Grant.tenant == self._tenant,
            Grant.customer_id == which[0],
            Grant.connector == which[1],
            Grant.party_id == which[2],
        )

    def _duty(self, which: Which) -> tuple[Any, ...]:
        return (
            GrantDuty.tenant == self._tenant,
            GrantDuty.customer_id == which[0],
            GrantDuty.connector == which[1],
            GrantDuty.party_id == which[2],
        )

    def _row(
        self, which: Which, key: DataKey, token: Secret, scopes: str, expires_at: datetime | None
    ) -> dict[str, Any]:
        customer_id, connector, party_id = which
        return {
            "customer_id": customer_id,
            "connector": connector,
            "party_id": party_id,
            "sealed_for": customer_id,
            "token": self._seal(key, customer_id, connector, token),
            "scopes": scopes,
            "expires_at": expires_at,
            "updated_at": self._scope.clock(),
        }

    def _seal(self, key: DataKey, sealed_for: str, connector: str, token: Secret) -> bytes:
        return key.seal(token.reveal().encode(), self._tenant, sealed_for, connector, PURPOSE)

    @staticmethod
    def open_token(key: DataKey, tenant: str, sealed_for: str, connector: str, sealed: bytes) -> str:
        """The text of a sealed token."""
        return key.open(sealed, tenant, sealed_for, connector, PURPOSE).decode()


def _data(row: Any, now: datetime) -> GrantData:
    """What is told of a row with a grant and the kind of its duty."""
    state = GrantState.ACTIVE
    if row.revoked_at is not None:
        state = GrantState.REVOKED
    elif row.expires_at is not None and row.expires_at <= now:
        state = GrantState.EXPIRED
    return GrantData(
        connector=row.connector,
        party_id=row.party_id,
        scopes=tuple(row.scopes.split()),
        state=state,
        granted_at=row.granted_at,
        granted_by=row.granted_by,
        expires_at=row.expires_at,
        renewable=row.duty == DutyKind.RENEW.value,
        revoked_at=row.revoked_at,
        revoked_by=None if row.revoked_by is None else RevokedBy(row.revoked_by),
    )
