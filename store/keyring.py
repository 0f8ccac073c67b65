"""The keys of the store: what wraps customers' data keys, and what look-up values are hashed with.

A customer's grants and copies are sealed with that customer's own data key (AES-256-GCM); the data key
is kept wrapped by the master key. Deleting the wrapped key erases everything sealed with it, in
every backup that does not hold the key too.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.errors import KeyringError

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
"""First byte of everything sealed: which algorithm it was sealed with."""


class Keyring:
    """The master key and the pepper. Holds secrets: never shown, never pickled.

    Args:
        master: 32 random bytes; wraps every customer's data key.
        pepper: at least 16 random bytes; look-up values are hashed with it.
        former: a master key that some things may still be wrapped by; nothing new is.

    Raises:
        KeyringError: a key is too short.
    """

    __slots__ = ("_hmac", "_master", "_masters", "mark")

    def __init__(self, master: bytes, pepper: bytes, *, former: bytes | None = None) -> None:
        for key in (master, former):
            if key is not None and len(key) != KEY_BYTES:
                raise KeyringError(f"the master key has {len(key)} bytes; it takes {KEY_BYTES} random bytes")
        if len(pepper) < 16:
            raise KeyringError(f"the pepper has {len(pepper)} bytes; it takes at least 16 random bytes")
        self._master = AESGCM(master)
        self._hmac = _Hmac(pepper)
        self.mark = _mark(master)
        """A one-way mark of the master key, kept beside what it wraps."""
        self._masters = {self.mark: self._master}
        if former is not None:
            self._masters[_mark(former)] = AESGCM(former)

    def lookup_hash(self, tenant: str, kind: str, value: str) -> bytes:
        """The hash under which a look-up value is kept. The value must be normalised already."""
        encoded = value.encode("utf-8", "surrogatepass")
        return self._hmac.digest(_bound(tenant, kind) + len(encoded).to_bytes(4, "big") + encoded)

    def lookup_hashes(self, tenant: str, kind: str, values: Iterable[str]) -> list[bytes]:
        """The hashes of many values of one kind, in their order; see :meth:`lookup_hash`."""
        bound = _bound(tenant, kind)
        encoded = [value.encode("utf-8", "surrogatepass") for value in values]
        return self._hmac.digests([bound + len(each).to_bytes(4, "big") + each for each in encoded])

    def wrap(self, tenant: str, customer_id: str, key: bytes) -> bytes:
        """A data key as it may be stored."""
        return _seal(self._master, key, bind(tenant, customer_id))

    def unwrap(self, tenant: str, customer_id: str, wrapped: bytes, mark: str) -> DataKey:
        """The data key that was wrapped.

        Raises:
            KeyringError: another master key wrapped it, or it is damaged.
        """
        return DataKey(_open(self._of(mark), wrapped, bind(tenant, customer_id)))

    def rewrap(self, tenant: str, customer_id: str, wrapped: bytes, mark: str) -> bytes:
        """The same data key wrapped by the present master key.

        Raises:
            KeyringError: neither the present nor the former master key wrapped it, or it is damaged.
        """
        about = bind(tenant, customer_id)
        return _seal(self._master, _open(self._of(mark), wrapped, about), about)

    def seal(self, content: bytes, *about: str) -> bytes:
        """Encrypt a secret of the hub's own, bound to what it is about. Keep :attr:`mark` beside it."""
        return _seal(self._master, content, bind(*about))

    def open(self, sealed: bytes, mark: str, *about: str) -> bytes:
        """Decrypt such a secret.

        Raises:
            KeyringError: another master key sealed it, or it is damaged or out of place.
        """
        return _open(self._of(mark), sealed, bind(*about))

    def _of(self, mark: str) -> AESGCM:
        found = self._masters.get(mark)
        if found is None:
            raise KeyringError(
                "the data was sealed under another master key; start with the master key it was written "
                "with, or name that one as security.former_master_key"
            )
        return found

    def __repr__(self) -> str:
        return f"Keyring({self.mark})"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Keyring cannot be pickled")


def _mark(master: bytes) -> str:
    return hmac.new(master, b"c360 master key", hashlib.sha256).hexdigest()[:16]


class _Hmac:
    """HMAC-SHA256 (RFC 2104) with one key, from which both of its hashes are begun once and for all.

    Every look-up hashes, and an uploaded customer a dozen times: :func:`hmac.digest` begins both anew each
    time, and takes four times as long.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = hashlib.sha256().block_size
        padded = (hashlib.sha256(key).digest() if len(key) > block else key).ljust(block, b"\0")
        self._inner = hashlib.sha256(bytes(each ^ 0x36 for each in padded))
        self._outer = hashlib.sha256(bytes(each ^ 0x5C for each in padded))

    def digest(self, message: bytes) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()

    def digests(self, messages: Iterable[bytes]) -> list[bytes]:
        """The same of many: a call for each would be a third of it."""
        found: list[bytes] = []
        begin, end, keep = self._inner.copy, self._outer.copy, found.append
        for message in messages:
            inner, outer = begin(), end()
            inner.update(message)
            outer.update(inner.digest())
            keep(outer.digest())
        return found


class DataKey:
    """One customer's key. Not shown either."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, *about: str) -> bytes:
        """Encrypt, bound to what the content is about: it opens nowhere else."""
        return _seal(self._cipher, content, bind(*about))

    def open(self, sealed: bytes, *about: str) -> bytes:
        """Decrypt.

        Raises:
            KeyringError: the content was changed, or belongs elsewhere.
        """
        return _open(self._cipher, sealed, bind(*about))


def new_data_key() -> bytes:
    """A fresh random data key."""
    return os.urandom(KEY_BYTES)


def bind(*parts: str) -> bytes:
    """The parts as one byte string from which no other list of parts gives the same."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


_bound = functools.lru_cache(maxsize=256)(bind)
"""The same of what comes again and again."""


def _seal(cipher: AESGCM, content: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return _FORMAT + nonce + cipher.encrypt(nonce, content, _FORMAT + about)


def _open(cipher: AESGCM, sealed: bytes, about: bytes) -> bytes:
    if sealed[:1] != _FORMAT:
        raise KeyringError("sealed data has an unknown format; it was written by a newer version of c360")
    nonce, content = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return cipher.decrypt(nonce, content, _FORMAT + about)
    except (InvalidTag, ValueError):
        raise KeyringError(
            "sealed data does not open: it is damaged or out of place; restore it or fetch it again"
        ) from None
