"""From the headers of a request to who asks and for what: the one way in, for HTTP, WebSocket and events."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from api.authentication.claims import acting, check_claims, principal_of
from api.authentication.errors import InvalidToken, Unauthenticated
from api.authentication.keys import IssuerKeys
from api.authentication.settings import Issuer
from api.authentication.tokens import LONGEST, parse, verify
from c360.access import Access, Principal, TenantId

PURPOSE_HEADER = "c360-purpose"
_PURPOSE = PURPOSE_HEADER.encode()
_SCHEME = len("Bearer ")
_REMEMBERED = 10_000
"""Tokens whose principal is kept until they end."""
_WRITTEN = 16
"""Ways to write a purpose that are kept of one token: more than there are purposes."""


class Keys(Protocol):
    """Credentials beside the tokens of issuers, told by their prefix."""

    def takes(self, credential: str) -> bool:
        """Whether it is one of these."""
        ...

    async def principal(self, credential: str) -> Principal:
        """Whose it is.

        Raises:
            InvalidToken: it is not taken.
        """
        ...


class Trusted(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer with its keys."""

    issuer: Issuer
    keys: IssuerKeys


class _Seen(msgspec.Struct, frozen=True):
    """A token that was proven."""

    principal: Principal
    ends: float
    keys: IssuerKeys
    generation: int
    acting: dict[bytes | None, Access] = {}
    """The principal acting for a purpose, by what ``c360-purpose`` said."""


class Authenticator:
    """Says who asks.

    Args:
        tenant: whom the deployment serves.
        trusted: the issuers.
        leeway: seconds by which clocks may differ.
        clock: the present in UTC.
        keys: credentials beside tokens.
        proven: told whom a token that was not seen before speaks of.
    """

    def __init__(
        self,
        tenant: TenantId,
        trusted: Mapping[str, Trusted],
        *,
        leeway: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keys: Keys | None = None,
        proven: Callable[[Principal], Awaitable[None]] | None = None,
    ) -> None:
        self._tenant = tenant
        self._by_issuer = {each.issuer.issuer: each for each in trusted.values()}
        self._leeway = leeway
        self._clock = clock
        self._keys = keys
        self._proven = proven
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()
        """By the digest of the token: what is kept of it lets nobody in."""

    async def authenticate(self, headers: Mapping[str, str]) -> Access:
        """Who asks by these headers, and for what.

        Args:
            headers: ``authorization`` and, where a purpose is chosen, ``c360-purpose``. Those of a
                WebSocket's first message will do, in lower case.

        Raises:
            Unauthenticated: there is no bearer token.
            InvalidToken: there is one that is not taken.
            PurposeNotAllowed: it is good, but not for that purpose.
        """
        return acting(await self.principal(headers), _only(headers, PURPOSE_HEADER))

    async def let_in(self, headers: Mapping[bytes, bytes]) -> Access:
        """The same by the headers of a request as they came, none of which comes twice.

        Args:
            headers: by their names in lower case.

        Raises:
            Unauthenticated: there is no bearer token.
            InvalidToken: there is one that is not taken.
            PurposeNotAllowed: it is good, but not for that purpose.
        """
        authorization, purpose = headers.get(b"authorization", b""), headers.get(_PURPOSE)
        seen = self._recall(hashlib.sha256(authorization[_SCHEME:]).digest())
        if seen is not None and authorization[:_SCHEME].lower() == b"bearer ":
            known = seen.acting.get(purpose)
            if known is not None:
                return known
        given = {
            name: headers[name.encode()].decode("latin-1")
            for name in ("authorization", PURPOSE_HEADER)
            if name.encode() in headers
        }
        access = await self.authenticate(given)
        seen = self._recall(hashlib.sha256(authorization[_SCHEME:]).digest())
        if seen is not None and len(seen.acting) < _WRITTEN:
            seen.acting[purpose] = access
        return access

    async def principal(self, headers: Mapping[str, str]) -> Principal:
        """Who asks by these headers.

        Raises:
            Unauthenticated: there is no bearer token.
            InvalidToken: there is one that is not taken.
        """
        credential = _bearer(headers)
        if self._keys is not None and self._keys.takes(credential):
            return await self._keys.principal(credential)
        mark = hashlib.sha256(credential.encode()).digest()
        seen = self._recall(mark)
        if seen is not None:
            return seen.principal
        found = await self._prove(credential, self._clock().timestamp())
        self._seen[mark] = found
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        if self._proven is not None:
            await self._proven(found.principal)
        return found.principal

    def _recall(self, mark: bytes) -> _Seen | None:
        """A token that was proven before, and would be again."""
        seen = self._seen.get(mark)
        if seen is None:
            return None
        seen.keys.refresh_old()
        if seen.generation != seen.keys.generation or self._clock().timestamp() >= seen.ends + self._leeway:
            del self._seen[mark]
            return None
        self._seen.move_to_end(mark)
        return seen

    async def _prove(self, token: str, now: float) -> _Seen:
        parsed = parse(token)
        issuer = parsed.claims.get("iss")
        trusted = self._by_issuer.get(issuer) if isinstance(issuer, str) else None
        if trusted is None:
            raise InvalidToken("the token is of an issuer that is not taken")
        keys = await trusted.keys.find(parsed.algorithm, parsed.kid)
        if not keys:
            raise InvalidToken("the token is signed by a key that the issuer does not have")
        generation = trusted.keys.generation
        verify(parsed, keys)
        ends = check_claims(parsed.claims, trusted.issuer, now=now, leeway=self._leeway)
        principal = principal_of(parsed.claims, trusted.issuer, tenant=self._tenant, ends=ends)
        return _Seen(principal, ends, trusted.keys, generation)

    async def close(self) -> None:
        """End what is under way."""
        await asyncio.gather(*(each.keys.close() for each in self._by_issuer.values()))


def _bearer(headers: Mapping[str, str]) -> str:
    """The bearer token of a request (RFC 6750, section 2.1: in the header alone).

    Raises:
        Unauthenticated: there is none.
        InvalidToken: there are several, or it cannot be one.
    """
    given = _only(headers, "authorization")
    if given is None:
        raise Unauthenticated("send a bearer token in Authorization")
    scheme, _, credential = given.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("send a bearer token in Authorization")
    credential = credential.strip()
    if not credential or len(credential) > LONGEST or not credential.isascii() or " " in credential:
        raise InvalidToken("what stands in Authorization is no token")
    return credential


def _only(headers: Mapping[str, str], name: str) -> str | None:
    """A header that is not to come twice, since readers differ in which of the two counts.

    Raises:
        InvalidToken: it does.
    """
    every = getattr(headers, "getlist", None)
    if every is not None and len(every(name)) > 1:
        raise InvalidToken(f"there is more than one {name}")
    return headers.get(name)
