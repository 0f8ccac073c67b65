"""Endpoints: where events are delivered, and what deliveries are signed with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, func, select, update

from c360.access import Purpose
from store.columns import new_id
from store.data_endpoints import EndpointData, EndpointDraft, EndpointState, SigningSecret
from store.errors_events import EndpointUnknown, TooManyEndpoints
from store.models import Endpoint
from store.models.base import table
from store.repositories.base import Repository

MOST = 100
"""Endpoints of a tenant."""
SEEN = timedelta(days=1)
"""How exactly it is kept when an owner was seen last."""
ACTIVE = (EndpointState.ENABLED.value, EndpointState.FAILING.value)
"""States in which something is sent."""
_ABOUT = "endpoint secrets"
_COLUMNS = tuple(EndpointData.__struct_fields__)
_SECRETS = msgspec.json.Decoder(tuple[SigningSecret, ...])


class EndpointRepository(Repository):
    """Endpoints by id. Their ids rise with time."""

    async def register(self, draft: EndpointDraft, *, secret: str, position: int) -> EndpointData:
        """Register an endpoint.

        Args:
            draft: what it is.
            secret: what deliveries to it are signed with.
            position: place in the outbox behind which events are delivered.

        Raises:
            TooManyEndpoints: there are as many as there may be.
        """
        statement = select(func.count()).select_from(Endpoint).where(Endpoint.tenant == self._tenant)
        if (await self._session.execute(statement)).scalar_one() >= MOST:
            raise TooManyEndpoints(MOST)
        made = EndpointData(
            **msgspec.structs.asdict(draft),
            id=new_id(),
            state=EndpointState.ENABLED,
            position=position,
            created_at=self._scope.clock(),
        )
        row = {
            **msgspec.structs.asdict(made),
            "kinds": msgspec.json.encode(made.kinds).decode(),
            "scopes": msgspec.json.encode(made.scopes).decode(),
            "lost": None,
            "purposes": msgspec.json.encode(made.purposes).decode(),
            "lost_purposes": None,
            "state": made.state.value,
            "last_number": 0,
            **self._sealed(made.id, (SigningSecret(value=secret),)),
        }
        await self._scope.insert_many(Endpoint, [row])
        return made

    async def all(self) -> tuple[EndpointData, ...]:
        """Every endpoint, the oldest first."""
        return await self._read()

    async def active(self) -> tuple[EndpointData, ...]:
        """Those to which something is sent."""
        return await self._read(Endpoint.state.in_(ACTIVE))

    async def get(self, ids: Collection[str]) -> Mapping[str, EndpointData]:
        """Endpoints by id; unknown ones are left out."""
        return {each.id: each for each in await self._read(self._scope.among(Endpoint.id, ids))}

    async def held(self, endpoint_id: str) -> EndpointData:
        """An endpoint that nobody changes until the unit ends.

        Raises:
            EndpointUnknown: there is none of that id.
        """
        statement = select(Endpoint.id).where(*self._this(endpoint_id)).with_for_update()
        if await self._session.scalar(statement) is None:
            raise EndpointUnknown
        return (await self.get([endpoint_id]))[endpoint_id]

    async def set_state(
        self, endpoint_id: str, state: EndpointState, *, failing_since: datetime | None = None
    ) -> None:
        """Change whether events are delivered."""
        await self._change(endpoint_id, state=state.value, failing_since=failing_since)

    async def move(self, endpoint_id: str, position: int) -> None:
        """Go on from another place of the outbox."""
        await self._change(endpoint_id, position=position)

    async def numbers(self, endpoint_id: str, count: int, *, position: int | None = None) -> Sequence[int]:
        """Take the next turns of an endpoint, and move on where a place is given."""
        last = table(Endpoint).c.last_number
        moved = {} if position is None else {"position": position}
        statement = (
            update(Endpoint)
            .where(*self._this(endpoint_id))
            .values(last_number=last + count, **moved)
            .returning(last)
        )
        end = await self._session.scalar(statement)
        if end is None:
            raise EndpointUnknown
        return range(end - count + 1, end + 1)

    async def remove(self, endpoint_id: str) -> bool:
        """Remove an endpoint with its deliveries; whether there was one."""
        return bool(await self._scope.change(delete(Endpoint).where(*self._this(endpoint_id))))

    async def secrets(self, endpoint_id: str) -> tuple[SigningSecret, ...]:
        """What deliveries to an endpoint are signed with now, the newest first.

        Raises:
            EndpointUnknown: there is none of that id.
            KeyringError: they were sealed under another master key.
        """
        statement = select(Endpoint.secrets, Endpoint.master).where(*self._this(endpoint_id))
        row = (await self._session.execute(statement)).one_or_none()
        if row is None:
            raise EndpointUnknown
        opened = self._scope.keyring.open(row.secrets, row.master, _ABOUT, self._tenant, endpoint_id)
        now = self._scope.clock()
        return tuple(each for each in _SECRETS.decode(opened) if each.until is None or each.until > now)

    async def rotate(self, endpoint_id: str, secret: str, *, overlap: timedelta) -> datetime:
        """Sign with another secret from now on, and for a while with the present ones too.

        Returns:
            when the present ones end.

        Raises:
            EndpointUnknown: there is none of that id.
        """
        until = self._scope.clock() + overlap
        ending = [
            msgspec.structs.replace(each, until=until if each.until is None else min(each.until, until))
            for each in await self.secrets(endpoint_id)
        ]
        await self._change(endpoint_id, **self._sealed(endpoint_id, (SigningSecret(value=secret), *ending)))
        return until

    async def saw(
        self, owner: str, *, client: str, allowed: frozenset[str], purposes: frozenset[Purpose]
    ) -> None:
        """Keep what an owner of endpoints may do now: what they may not any more is not sent there.

        Args:
            owner: who.
            client: by which application they came.
            allowed: the scopes that they have.
            purposes: those that they have with this application: of what they registered by another one,
                it says nothing.
        """
        now = self._scope.clock()
        for each in await self._read(Endpoint.owner == owner):
            lost = tuple(sorted(set(each.scopes) - allowed))
            without = each.lost_purposes
            if each.client == client:
                without = tuple(one for one in Purpose if one in each.purposes and one not in purposes)
            seen = now - (each.seen_at or each.created_at) <= SEEN
            if (lost, without) != (each.lost, each.lost_purposes) or not seen:
                await self._change(each.id, lost=_listed(lost), lost_purposes=_listed(without), seen_at=now)

    async def lose(self, endpoint_id: str) -> None:
        """Keep that an endpoint may be sent nothing any more, until its owner is seen again."""
        (found,) = await self._read(Endpoint.id == endpoint_id)
        if set(found.lost) != set(found.scopes):
            await self._change(endpoint_id, lost=_listed(tuple(sorted(found.scopes))))

    async def rewrap(self) -> int:
        """Seal by the present master key what another one seals still; how many endpoints had such.

        Raises:
            KeyringError: neither the present nor the former master key sealed it.
        """
        keyring = self._scope.keyring
        statement = select(Endpoint.id, Endpoint.secrets, Endpoint.master).where(
            Endpoint.tenant == self._tenant, Endpoint.master != keyring.mark
        )
        found = (await self._session.execute(statement)).all()
        for row in found:
            about = (_ABOUT, self._tenant, row.id)
            content = keyring.open(row.secrets, row.master, *about)
            await self._change(row.id, master=keyring.mark, secrets=keyring.seal(content, *about))
        return len(found)

    def _sealed(self, endpoint_id: str, secrets: Sequence[SigningSecret]) -> dict[str, Any]:
        keyring = self._scope.keyring
        content = msgspec.json.encode(secrets)
        return {
            "master": keyring.mark,
            "secrets": keyring.seal(content, _ABOUT, self._tenant, endpoint_id),
        }

    def _this(self, endpoint_id: str) -> tuple[Any, Any]:
        return Endpoint.tenant == self._tenant, Endpoint.id == endpoint_id

    async def _change(self, endpoint_id: str, **values: Any) -> None:
        await self._scope.change(update(Endpoint).where(*self._this(endpoint_id)).values(**values))

    async def _read(self, *conditions: Any) -> tuple[EndpointData, ...]:
        columns = table(Endpoint).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id)
        )
        return tuple(_endpoint(row) for row in rows.mappings())


def _listed(lost: Sequence[str] | Sequence[Purpose]) -> str | None:
    return msgspec.json.encode(lost).decode() if lost else None


def _endpoint(row: RowMapping) -> EndpointData:
    values: dict[str, Any] = {**row}
    for name in ("kinds", "scopes"):
        values[name] = msgspec.json.decode(values[name], type=tuple[str, ...])
    values["lost"] = msgspec.json.decode(values["lost"] or "[]", type=tuple[str, ...])
    values["purposes"] = tuple(Purpose) if values["purposes"] is None else _purposes(values["purposes"])
    values["lost_purposes"] = _purposes(values["lost_purposes"] or "[]")
    return EndpointData(**{**values, "state": EndpointState(values["state"])})


def _purposes(text: str) -> tuple[Purpose, ...]:
    return msgspec.json.decode(text, type=tuple[Purpose, ...])
