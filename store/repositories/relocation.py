"""Moving what hangs on customers and parties, by the declarations in :mod:`store.moving`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Text, and_, bindparam, cast, delete, func, literal, or_, select, update
from sqlalchemy.sql import ColumnElement

from store import names
from store.columns import UtcDateTime, new_id
from store.data_identity import LaterFact, Moves, PartyRef
from store.keyring import DataKey
from store.models import Customer, Grant, IdentityLink, NameToken, ProfileValue, Snapshot
from store.models.base import Base, table
from store.moving import MOVABLES, Hangs, Movable
from store.repositories.base import Repository
from store.repositories.families import Families
from store.repositories.grants import PURPOSE
from store.repositories.vault import Vault


class Held(msgspec.Struct, frozen=True):
    """An active link: whose a party is, and the node it hangs on."""

    id: str
    party: PartyRef
    customer_id: str
    home_id: str
    recorded_at: Any


class Relocation(Repository):
    """Moves rows between customers. Who may be moved is the caller's to know and to lock."""

    async def whole(self, survivor: str, others: Collection[str]) -> None:
        """Everything of other customers to the survivor."""
        # What was copied of customers without any party cannot be told apart afterwards.
        await self._scope.change(
            delete(Snapshot).where(
                Snapshot.tenant == self._tenant,
                self._scope.among(Snapshot.customer_id, others),
                Snapshot.parties == "[]",
            )
        )
        for movable in MOVABLES:
            if movable.hangs is not Hangs.NODE:
                await self._set(
                    movable, survivor, [self._scope.among(_column(movable, "customer_id"), others)]
                )

    async def nodes(self, source: str, target: str, nodes: Collection[str]) -> None:
        """What hangs on some nodes of a customer, and on the parties of those, to another customer."""
        parties = [link.party for link in await self.links([source]) if link.home_id in nodes]
        await self.parties(source, target, parties)
        for movable in MOVABLES:
            if movable.hangs is Hangs.HOME:
                await self._set(
                    movable,
                    target,
                    [
                        _column(movable, "customer_id") == source,
                        self._scope.among(_column(movable, "home_id"), nodes),
                    ],
                )

    async def parties(self, source: str, target: str, parties: Collection[PartyRef]) -> None:
        """What hangs on parties of a customer to another customer. Their links are not touched."""
        if not parties:
            return
        for movable in MOVABLES:
            if movable.hangs is Hangs.PARTY:
                await self._set(
                    movable,
                    target,
                    [_column(movable, "customer_id") == source, self.of_parties(movable.model, parties)],
                )
        await self._copies(source, target, parties)

    async def rehang(
        self, links: Sequence[Held], homes: Mapping[PartyRef, str], owners: Mapping[str, str]
    ) -> None:
        """Hang parties on other nodes: their links end and begin anew, otherwise as they were.

        Args:
            links: the links as they are.
            homes: the node that each party is to hang on.
            owners: the customer that answers for each of these nodes.
        """
        now = self._scope.clock()
        old = table(IdentityLink)
        rows = await self._session.execute(
            select(old).where(
                old.c.tenant == self._tenant, self._scope.among(IdentityLink.id, [link.id for link in links])
            )
        )
        moved = []
        for row in rows.mappings():
            home = homes[PartyRef(row["connector"], row["party_id"])]
            moved.append(
                {**row, "id": new_id(), "home_id": home, "customer_id": owners[home], "recorded_at": now}
            )
        await self._scope.change(
            update(IdentityLink)
            .where(
                IdentityLink.tenant == self._tenant,
                self._scope.among(IdentityLink.id, [link.id for link in links]),
            )
            .values(status="ENDED", unlinked_at=now)
        )
        await self._scope.insert_many(IdentityLink, moved)

    async def links(self, customer_ids: Iterable[str]) -> list[Held]:
        """Active links of customers, in the order of the parties."""
        return await self._links(self._scope.among(IdentityLink.customer_id, customer_ids))

    async def links_of(self, parties: Collection[PartyRef]) -> dict[PartyRef, Held]:
        """Active links of parties."""
        if not parties:
            return {}
        found = await self._links(self.of_parties(IdentityLink, parties))
        return {link.party: link for link in found}

    async def _links(self, condition: ColumnElement[bool]) -> list[Held]:
        rows = await self._session.execute(
            select(
                IdentityLink.id,
                IdentityLink.connector,
                IdentityLink.party_id,
                IdentityLink.customer_id,
                IdentityLink.home_id,
                IdentityLink.recorded_at,
            )
            .where(IdentityLink.tenant == self._tenant, condition, IdentityLink.unlinked_at.is_(None))
            .order_by(IdentityLink.connector, IdentityLink.party_id)
        )
        return [
            Held(link, PartyRef(connector, party_id), customer_id, home_id, recorded_at)
            for link, connector, party_id, customer_id, home_id, recorded_at in rows
        ]

    def of_parties(self, model: type[Base], parties: Iterable[PartyRef]) -> ColumnElement[bool]:
        """Whether a row hangs on one of these parties."""
        by_connector: dict[str, set[str]] = {}
        for party in parties:
            by_connector.setdefault(party.connector, set()).add(party.party_id)
        columns: Any = model
        return or_(
            *(
                and_(columns.connector == connector, self._scope.among(columns.party_id, ids))
                for connector, ids in sorted(by_connector.items())
            )
        )

    def values_of(self, parties: Iterable[PartyRef]) -> ColumnElement[bool]:
        """Whether a value is one that one of these parties said; found by whose they are now."""
        parties = tuple(parties)
        theirs = select(IdentityLink.customer_id).where(
            IdentityLink.tenant == self._tenant,
            self.of_parties(IdentityLink, parties),
            IdentityLink.unlinked_at.is_(None),
        )
        return and_(ProfileValue.customer_id.in_(theirs), self.of_parties(ProfileValue, parties))

    async def counts(self, customer_ids: Collection[str]) -> tuple[Moves, ...]:
        """How many rows of each table would go with these customers. One query."""
        parts = [
            select(literal(movable.name).label("name"), func.count().label("rows"))
            .select_from(table(movable.model))
            .where(
                table(movable.model).c.tenant == self._tenant,
                self._scope.among(_column(movable, "customer_id"), customer_ids),
            )
            for movable in MOVABLES
            if movable.hangs is not Hangs.NODE
        ]
        first, *rest = parts
        rows = await self._session.execute(first.union_all(*rest))
        return tuple(sorted((Moves(table=name, rows=many) for name, many in rows if many), key=_by_table))

    async def later_facts(self, customer_id: str, since: Any) -> tuple[LaterFact, ...]:
        """Facts of the hub's own of a customer, noted since a moment."""
        found = []
        for movable in MOVABLES:
            if movable.noted is None:
                continue
            columns = table(movable.model).c
            at, key = columns[movable.noted], columns[movable.key]
            rows = await self._session.execute(
                select(cast(key, Text), at)
                .where(columns.tenant == self._tenant, columns.customer_id == customer_id)
                .where(at >= bindparam("since", since, type_=UtcDateTime()))
                .order_by(at, key)
            )
            found += [LaterFact(table=movable.name, key=text, at=moment) for text, moment in rows]
        return tuple(found)

    async def reseal(self, customer_ids: Iterable[str]) -> None:
        """Seal anew what these customers hold that a key of somebody else's opens.

        So that destroying a person's keys destroys what is theirs, and nothing else.
        """
        nodes = await Families(self._scope).nodes(customer_ids)
        for model, sealed, about in ((Grant, Grant.token, (PURPOSE,)), (Snapshot, Snapshot.ciphertext, ())):
            columns = table(model).c
            rows = (
                await self._session.execute(
                    select(*table(model).primary_key, columns.sealed_for, sealed).where(
                        columns.tenant == self._tenant,
                        self._scope.among(model.customer_id, set(nodes.values())),
                    )
                )
            ).all()
            foreign = [row for row in rows if nodes.get(row.sealed_for) != row.customer_id]
            if not foreign:
                continue
            vault = Vault(self._scope)
            old = await vault.keys({row.sealed_for for row in foreign})
            new = await vault.ensure({row.customer_id for row in foreign})
            keys = [column.name for column in table(model).primary_key]
            changes = []
            for row in foreign:
                kind = about or (row.kind,)
                content = old[row.sealed_for].open(
                    row[-1], self._tenant, row.sealed_for, row.connector, *kind
                )
                changes.append(
                    {f"old_{name}": getattr(row, name) for name in keys}
                    | {
                        "new_seal": _seal(new[row.customer_id], content, self._tenant, row, kind),
                        "new_for": row.customer_id,
                    }
                )
            await self._session.execute(
                update(table(model))
                .where(*(columns[name] == bindparam(f"old_{name}") for name in keys))
                .values({sealed.key: bindparam("new_seal"), "sealed_for": bindparam("new_for")}),
                changes,
            )

    async def drop_names(self, customer_id: str, parties: Collection[PartyRef]) -> None:
        """Words of the names that only parties that left a customer explain are its names no longer."""
        gone = await self._names(self.values_of(parties))
        await self._scope.change(
            delete(NameToken).where(
                NameToken.tenant == self._tenant,
                NameToken.customer_id == customer_id,
                self._scope.among(NameToken.token, gone - await self.name_tokens(customer_id)),
            )
        )

    async def name_tokens(self, customer_id: str) -> frozenset[str]:
        """Words of all names that a customer is called by, here or by any of its parties."""
        nodes = await Families(self._scope).nodes([customer_id])
        shown = await self._session.scalars(
            select(Customer.display_name).where(
                Customer.tenant == self._tenant, self._scope.among(Customer.id, nodes)
            )
        )
        return names.tokens(shown) | await self._names(ProfileValue.customer_id == customer_id)

    async def add_names(self, homes: Mapping[PartyRef, str], owners: Mapping[str, str]) -> None:
        """Words of the names of parties are names of the customers that they came back to."""
        for home in sorted(set(homes.values())):
            mine = [party for party, where in homes.items() if where == home]
            found = await self._names(self.values_of(mine))
            await self._scope.add_many(
                NameToken,
                [{"token": token, "customer_id": owners[home], "home_id": home} for token in sorted(found)],
            )

    async def _names(self, condition: ColumnElement[bool]) -> frozenset[str]:
        return names.tokens(
            await self._session.scalars(
                select(ProfileValue.value).where(
                    ProfileValue.tenant == self._tenant,
                    condition,
                    ProfileValue.attribute.in_(names.ATTRIBUTES),
                    ProfileValue.recorded_to.is_(None),
                )
            )
        )

    async def _copies(self, source: str, target: str, parties: Collection[PartyRef]) -> None:
        """Copies of these parties go with them; copies of some of them and of others are dropped."""
        rows = await self._session.execute(
            select(Snapshot.connector, Snapshot.kind, Snapshot.parties_hash, Snapshot.parties).where(
                Snapshot.tenant == self._tenant, Snapshot.customer_id == source
            )
        )
        moved: list[dict[str, Any]] = []
        mixed: list[dict[str, Any]] = []
        for connector, kind, digest, text in rows:
            of = {PartyRef(connector, each) for each in msgspec.json.decode(text, type=list[str])}
            row = {"of_connector": connector, "of_kind": kind, "of_parties": digest}
            if of and of <= set(parties):
                moved.append(row)
            elif of & set(parties):
                mixed.append(row)
        this_row = (
            Snapshot.tenant == self._tenant,
            Snapshot.customer_id == source,
            Snapshot.connector == bindparam("of_connector"),
            Snapshot.kind == bindparam("of_kind"),
            Snapshot.parties_hash == bindparam("of_parties"),
        )
        if mixed:
            await self._session.execute(delete(table(Snapshot)).where(*this_row), mixed)
        if moved:
            await self._session.execute(
                update(table(Snapshot)).where(*this_row).values(customer_id=target), moved
            )

    async def _set(self, movable: Movable, target: str, conditions: Sequence[ColumnElement[bool]]) -> None:
        columns = table(movable.model).c
        await self._scope.change(
            update(table(movable.model))
            .where(columns.tenant == self._tenant, *conditions)
            .values(customer_id=target)
        )


def _column(movable: Movable, name: str) -> Any:
    return getattr(movable.model, name)


def _by_table(moves: Moves) -> str:
    return moves.table


def _seal(key: DataKey, content: bytes, tenant: str, row: Any, kind: Sequence[str]) -> bytes:
    return key.seal(content, tenant, row.customer_id, row.connector, *kind)
