"""Ways a request proves who sends it."""

from __future__ import annotations

import hashlib
from typing import Protocol

from c360.values import Secret


class Auth(Protocol):
    """Adds a credential to a request on its way out."""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers that carry the credential."""
        ...

    def fingerprint(self) -> str:
        """A short one-way mark of the credential: what shared work is keyed by."""
        ...


class _Keyed:
    __slots__ = ("_mark", "_secret")

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._mark = hashlib.sha256(secret.reveal().encode()).hexdigest()[:16]

    def fingerprint(self) -> str:
        """See :class:`Auth`."""
        return self._mark

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class Bearer(_Keyed):
    """``Authorization: Bearer …`` (RFC 6750)."""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """See :class:`Auth`."""
        return (("authorization", f"Bearer {self._secret.reveal()}"),)


class ApiKey(_Keyed):
    """A key in a header of the partner's choosing."""

    __slots__ = ("_name",)

    def __init__(self, name: str, secret: Secret) -> None:
        super().__init__(secret)
        self._name = name.lower()

    def headers(self) -> tuple[tuple[str, str], ...]:
        """See :class:`Auth`."""
        return ((self._name, self._secret.reveal()),)


def credential_in(header: str, secret: Secret) -> Auth:
    """A credential as a partner's settings say: a bearer token in ``Authorization``, else the bare key."""
    return Bearer(secret) if header.lower() == "authorization" else ApiKey(header, secret)
