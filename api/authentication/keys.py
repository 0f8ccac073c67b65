"""The public keys of an issuer: read from its address or a file, kept, and read again as it changes them.

A key id that is not known has the keys read once more, at most so often; keys that grew old are read
again behind the requests. Where the issuer does not answer, the last keys go on counting: an issuer that is
down must not shut the hub, and its keys do not turn bad by that.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, OKPKey, RSAKey

Load = Callable[[], Awaitable[bytes]]
"""Gives a JWK set as JSON; raises :class:`KeysUnavailable`."""

PATIENCE = 5.0
"""Seconds that an issuer gets to answer."""
LARGEST = 256 * 1024
"""Bytes of a set of keys."""
_SMALLEST_RSA = 2048
"""Bits of the modulus, of which each character of base64 holds six."""
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
_log = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """An issuer's keys cannot be read now; the message names no address and nothing that was sent."""


class IssuerKeys:
    """The keys of one issuer.

    Args:
        name: of the issuer in the settings, for the log.
        load: reads the set.
        algorithms: that the settings pin; keys of other kinds are passed over.
        max_age: seconds after which the set is read again behind the requests.
        min_interval: seconds between two attempts, whoever asks for whatever key.
        monotonic: a clock in seconds.
    """

    def __init__(
        self,
        name: str,
        load: Load,
        algorithms: Sequence[str],
        *,
        max_age: float,
        min_interval: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._load = load
        self._algorithms = frozenset(algorithms)
        self._max_age = max_age
        self._min_interval = min_interval
        self._monotonic = monotonic
        self._keys: tuple[Key, ...] = ()
        self._marks: frozenset[str] = frozenset()
        self._read_at = -float("inf")
        self._tried_at = -float("inf")
        self._reading: asyncio.Task[None] | None = None
        self.generation = 0
        """Grows when the set changed: what an older one proved has to be proven again."""

    @property
    def known(self) -> bool:
        """Whether there are keys at all."""
        return bool(self._keys)

    async def find(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        """The keys that may have signed a token; none where the issuer has no such key.

        Args:
            algorithm: of the token.
            kid: of the token; a token without one is checked against the only key of its kind.
        """
        if algorithm not in self._algorithms:
            return ()
        self.refresh_old()
        found = self._fitting(algorithm, kid)
        if not found:
            await self._read_again()
            found = self._fitting(algorithm, kid)
        return found

    def refresh_old(self) -> None:
        """Have the keys read again where they grew old, without waiting for it."""
        now = self._monotonic()
        if self._keys and now - self._read_at > self._max_age and now - self._tried_at > self._min_interval:
            self._begin()

    async def settled(self) -> None:
        """Wait for a reading that is under way."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def close(self) -> None:
        """End what is under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    def _fitting(self, algorithm: str, kid: str | None) -> Sequence[Key]:
        found = [key for key in self._keys if fits(key, algorithm)]
        if kid is None:
            return found if len(found) == 1 else ()
        return [key for key in found if key.kid == kid]

    async def _read_again(self) -> None:
        if self._reading is None and self._monotonic() - self._tried_at < self._min_interval:
            return
        # Whoever asked may leave; the others still wait for it.
        await asyncio.shield(self._begin())

    def _begin(self) -> asyncio.Task[None]:
        if self._reading is None:
            self._tried_at = self._monotonic()
            self._reading = asyncio.create_task(self._read())
            self._reading.add_done_callback(self._done)
        return self._reading

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _read(self) -> None:
        try:
            keys = read_keys(await self._load(), self._algorithms)
        except KeysUnavailable as error:
            kept = "those read before go on counting" if self._keys else "nobody can be let in by it"
            _log.warning("the keys of the issuer %s cannot be read (%s); %s", self._name, error, kept)
            return
        self._read_at = self._monotonic()
        marks = frozenset(f"{key.kid} {key.thumbprint()}" for key in keys)
        if marks != self._marks:
            self._keys, self._marks = keys, marks
            self.generation += 1
            _log.info("the issuer %s has %s keys", self._name, len(keys))


def read_keys(content: bytes, algorithms: frozenset[str]) -> tuple[Key, ...]:
    """The keys of a set that can check tokens of some algorithms; others are passed over.

    Raises:
        KeysUnavailable: it is no set, or has no such key.
    """
    try:
        listed = json.loads(content)["keys"]
        entries = [each for each in listed if isinstance(each, dict)]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise KeysUnavailable("what was read is no JWK set") from None
    keys = tuple(key for each in entries if (key := _key(each)) and any(fits(key, one) for one in algorithms))
    if not keys:
        raise KeysUnavailable("the set has no key of a pinned algorithm")
    return keys


def _key(entry: Mapping[str, Any]) -> Key | None:
    """A public key for signatures; ``None``: another kind of key, or none that is safe."""
    if entry.get("kty") not in {"RSA", "EC", "OKP"} or entry.get("use", "sig") != "sig":
        return None
    operations = entry.get("key_ops")
    if isinstance(operations, list) and "verify" not in operations:
        return None
    # The private half, where somebody published it by mistake, is not taken in.
    public = {name: entry[name] for name in ("kty", "kid", "alg", "n", "e", "crv", "x", "y") if name in entry}
    modulus = public.get("n", "")
    if "n" in public and not (isinstance(modulus, str) and len(modulus) * 6 >= _SMALLEST_RSA):
        return None
    try:
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError):
        return None


def fits(key: Key, algorithm: str) -> bool:
    """Whether a key is of the kind that an algorithm takes."""
    if key.get("alg") not in {None, algorithm}:
        return False
    if algorithm[:2] in {"RS", "PS"}:
        return isinstance(key, RSAKey)
    kind = ECKey if algorithm.startswith("ES") else OKPKey
    return isinstance(key, kind) and key.curve_name == _CURVES[algorithm]


def from_file(path: Path) -> Load:
    """Keys that lie in a file; an operator replaces it to change them."""

    async def load() -> bytes:
        try:
            return await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise KeysUnavailable(type(error).__name__) from None

    return load


def from_url(url: str) -> Load:
    """Keys that the issuer serves. The machine's own authorities say who it is."""

    async def load() -> bytes:
        try:
            context = await asyncio.to_thread(ssl.create_default_context)
            async with (
                asyncio.timeout(PATIENCE),
                httpx.AsyncClient(verify=context, trust_env=False, timeout=PATIENCE) as client,
                client.stream("GET", url, headers={"accept": "application/json"}) as answer,
            ):
                if answer.status_code != httpx.codes.OK:
                    raise KeysUnavailable(f"HTTP {answer.status_code}")
                content = bytearray()
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > LARGEST:
                        raise KeysUnavailable("the set is too large")
                return bytes(content)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise KeysUnavailable(type(error).__name__) from None

    return load
