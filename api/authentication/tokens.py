"""Access tokens as they are written: taken apart strictly, and their signature checked.

A token is a JWS in compact form (RFC 7515) with claims (RFC 7519, RFC 9068). Nothing in its header leads
anywhere: keys are those of the issuer's own set, found by ``kid`` among keys of the kind that the
algorithm takes, and the algorithm is one that the settings pin for the issuer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from api.authentication.errors import InvalidToken

LONGEST = 8192
"""Characters of a token. Issuers stay far below; some servers take no longer header."""
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_HEADER = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""What may stand in a header: nothing that brings a key, names an address or changes how it is read."""


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A token taken apart. Nothing of it is proven yet."""

    token: str
    algorithm: str
    kid: str | None
    claims: Mapping[str, Any]


def parse(token: str) -> Parsed:
    """Take a token apart.

    Raises:
        InvalidToken: it is no signed token, or says more than a token may.
    """
    if len(token) > LONGEST:
        raise InvalidToken("the token is too long")
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        raise InvalidToken("the token is no signed JWT")
    header = _object(parts[0])
    claims = _object(parts[1])
    _octets(parts[2])
    if header.keys() - _HEADER:
        raise InvalidToken("the token's header has a parameter that is not taken")
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise InvalidToken("the token is of another type or algorithm than is taken")
    if "kid" in header and not (isinstance(kid, str) and 0 < len(kid) <= 256):
        raise InvalidToken("the token's key id is not one")
    return Parsed(token=token, algorithm=algorithm, kid=kid, claims=claims)


def verify(parsed: Parsed, keys: Sequence[Key]) -> None:
    """Whether one of some keys signed a token by its algorithm.

    Args:
        parsed: the token; its algorithm is pinned for the issuer already.
        keys: the issuer's keys that the algorithm and the key id lead to.

    Raises:
        InvalidToken: none of them did.
    """
    registry = _Pinned(parsed.algorithm)
    for key in keys:
        try:
            jws.deserialize_compact(parsed.token, key, registry=registry)
        except (JoseError, ValueError):
            continue
        return
    raise InvalidToken("the token's signature does not fit")


class _Pinned(JWSRegistry):
    """One algorithm and no other.

    The library warns of ``EdDSA``, whose name leaves the curve open; here the keys say that it is Ed25519.
    """

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm])
        self._algorithm = algorithm

    def get_alg(self, name: str) -> Any:
        """The algorithm, where it is the one."""
        if name != self._algorithm:
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


def _octets(part: str) -> bytes:
    """The octets of one part: URL-safe base64 without padding, in its one spelling."""
    try:
        content = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise InvalidToken("the token is no signed JWT") from None
    if base64.urlsafe_b64encode(content).rstrip(b"=").decode() != part:
        raise InvalidToken("the token is no signed JWT")
    return content


def _object(part: str) -> Mapping[str, Any]:
    """A JSON object none of whose names comes twice: readers differ in which of the two counts."""
    try:
        found = json.loads(
            _octets(part).decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise InvalidToken("the token does not hold what a JWT holds") from None
    if not isinstance(found, dict):
        raise InvalidToken("the token does not hold what a JWT holds")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no number of JSON")
