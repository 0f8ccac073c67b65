"""Keys of programs: made once, shown once, hashed ever after, and let in by the same rules as tokens.

A key reads ``c360_service_`` or ``c360_webhook_``, then its id of 12 characters, a secret of 40 and a
checksum of 6: scanners of secrets know it by ``c360_(service|webhook)_[0-9a-z]{12}[0-9A-Za-z]{46}``, and a
mistyped one is told from a wrong one without asking the database.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec
from cachetools import TTLCache

from api.authentication.claims import granted_to
from api.authentication.errors import InvalidToken
from api.wiring import Clock
from c360.access import Principal, Purpose, TenantId
from c360.errors import C360Error
from c360.values import Secret
from schema.permissions.roles import ROLES
from schema.permissions.scopes import Scope
from store.data_credentials import ApiKeyData, ApiKeyKind
from store.database import Database
from store.errors import StoreError

LONGEST = timedelta(days=366)
"""For which a key may be good."""
_IDS, _SECRETS = (
    "0123456789abcdefghijklmnopqrstuvwxyz",
    ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
)
_SHAPE = re.compile(r"c360_(service|webhook)_([0-9a-z]{12})([0-9A-Za-z]{40})([0-9A-Za-z]{6})")
_PREFIX = "c360_"
OWN = "key:"
"""Begins the subject of a program that comes with a key."""
_REMEMBERED = 1000
_TRUSTED = 30.0
"""Seconds for which a key that was found good is not looked up again: so fast is it taken back."""


class ApiKeyError(C360Error):
    """A key cannot be made so, or is not there; the message says what would do."""


class _Written(NamedTuple):
    """A key taken apart."""

    kind: ApiKeyKind
    id: str
    secret: Secret


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A new key."""

    key: ApiKeyData
    text: Secret
    """The whole key: to be shown once."""


def draft(
    *,
    kind: ApiKeyKind,
    name: str,
    roles: Sequence[str],
    scopes: Sequence[str] = (),
    purposes: Sequence[str] = (),
    connectors: Sequence[str] = (),
    life: timedelta,
    at: datetime,
) -> Made:
    """A new key, which is not kept yet.

    Args:
        kind: what it is for.
        name: of the program.
        roles: what it is.
        scopes: what the roles are narrowed to; none: not at all.
        purposes: likewise.
        connectors: for the role partner, and for the key of a partner's calls.
        life: for how long it is good.
        at: the present.

    Raises:
        ApiKeyError: something of it cannot be.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,62}", name):
        raise ApiKeyError("a name has lower-case letters, digits, '.', '_' and '-', up to 63")
    for given, known, what in (
        (roles, set(ROLES), "role"),
        (scopes, {scope.value for scope in Scope}, "scope"),
        (purposes, {purpose.value for purpose in Purpose}, "purpose"),
    ):
        for each in given:
            if each not in known:
                raise ApiKeyError(f"{each!r} is no {what}; use some of {', '.join(sorted(known))}")
    if (kind is ApiKeyKind.SERVICE) != bool(roles):
        raise ApiKeyError("a key of a service has a role, that of a partner's calls has none")
    if not timedelta(0) < life <= LONGEST:
        raise ApiKeyError(f"a key is good for up to {LONGEST.days} days")
    key = ApiKeyData(
        id="".join(secrets.choice(_IDS) for _ in range(12)),
        kind=kind,
        name=name,
        roles=tuple(roles),
        scopes=tuple(scopes) or None,
        purposes=tuple(purposes) or None,
        connectors=tuple(connectors),
        created_at=at,
        expires_at=at + life,
    )
    return Made(key=key, text=Secret(_write(key)))


def successor(old: ApiKeyData, *, life: timedelta, at: datetime) -> Made:
    """A new key that allows what an old one does."""
    return draft(
        kind=old.kind,
        name=old.name,
        roles=old.roles,
        scopes=old.scopes or (),
        purposes=old.purposes or (),
        connectors=old.connectors,
        life=life,
        at=at,
    )


def secret_of(text: Secret) -> Secret:
    """The secret part of a key that was just made."""
    written = _read(text.reveal())
    if written is None:
        raise ApiKeyError("this is no key")
    return written.secret


class ApiKeys:
    """Lets programs in by their keys; see :class:`api.authentication.authenticator.Keys`.

    Args:
        database: where the keys' hashes are.
        tenant: whom the deployment serves.
        clock: the present in UTC.
    """

    def __init__(self, database: Database, tenant: TenantId, clock: Clock) -> None:
        self._database = database
        self._tenant = tenant
        self._clock = clock
        self._good: TTLCache[bytes, ApiKeyData] = TTLCache(
            _REMEMBERED, _TRUSTED, timer=lambda: self._clock().timestamp()
        )

    def takes(self, credential: str) -> bool:
        """Whether it is a key."""
        return credential.startswith(_PREFIX)

    async def principal(self, credential: str) -> Principal:
        """Whose a key is.

        Raises:
            InvalidToken: it is not a service's, or not good.
        """
        key = await self.key(credential)
        if key.kind is not ApiKeyKind.SERVICE:
            raise InvalidToken("the key lets a partner's calls in, and nothing else")
        return principal_of_key(key, self._tenant)

    async def key(self, credential: str) -> ApiKeyData:
        """What a key allows, of either kind; notes the day on which it is used.

        Raises:
            InvalidToken: it is none, or not good.
        """
        now = self._clock()
        written = _read(credential)
        if written is None:
            raise InvalidToken("the key is none")
        mark = hashlib.sha256(credential.encode()).digest()
        known = self._good.get(mark)
        if known is not None and known.usable(now):
            return known
        found = await self._found(written, now)
        self._good[mark] = found
        return found

    async def _found(self, written: _Written, now: datetime) -> ApiKeyData:
        try:
            async with self._database.read(self._tenant) as unit:
                found = await unit.api_keys.find(written.id, written.secret)
        except StoreError:
            raise InvalidToken("the key cannot be looked up at the moment") from None
        if found is None or found.kind is not written.kind:
            raise InvalidToken("the key is none that the hub made")
        if not found.usable(now):
            raise InvalidToken("the key has ended")
        today = now.astimezone(UTC).date()
        if found.used_on is None or found.used_on < today:
            async with self._database.unit(self._tenant) as unit:
                await unit.api_keys.used(found.id, today)
        return found


def principal_of_key(key: ApiKeyData, tenant: TenantId) -> Principal:
    """Whom a service's key lets in."""
    return granted_to(
        subject=f"{OWN}{key.name}",
        tenant=tenant,
        roles=key.roles,
        scopes=key.scopes,
        purposes=key.purposes,
        connectors=key.connectors,
        client=key.name,
        expires_at=key.expires_at,
    )


def _write(key: ApiKeyData) -> str:
    secret = "".join(secrets.choice(_SECRETS) for _ in range(40))
    body = f"{_PREFIX}{key.kind.value.lower()}_{key.id}{secret}"
    return body + _checksum(body)


def _read(text: str) -> _Written | None:
    found = _SHAPE.fullmatch(text)
    if found is None or _checksum(text[:-6]) != found[4]:
        return None
    return _Written(ApiKeyKind(found[1].upper()), found[2], Secret(found[3]))


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_SECRETS))
        digits = _SECRETS[digit] + digits
    return digits
