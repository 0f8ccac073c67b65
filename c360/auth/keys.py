"""Credentials that are sent as they are."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import msgspec

from c360.auth.base import Auth, Headers, mark
from c360.values import Secret

if TYPE_CHECKING:  # it imports this module
    from c360.http import Request


class _Keyed(Auth):
    __slots__ = ("_mark", "_secret")

    def __init__(self, secret: Secret) -> None:
        self._secret = secret
        self._mark = mark(secret.reveal())

    def fingerprint(self) -> str:
        """See :class:`Auth`."""
        return self._mark


class Bearer(_Keyed):
    """``Authorization: Bearer …`` (RFC 6750)."""

    __slots__ = ()

    def headers(self) -> Headers:
        """See :class:`Auth`."""
        return (("authorization", f"Bearer {self._secret.reveal()}"),)


class ApiKey(_Keyed):
    """A key in a header of the partner's choosing."""

    __slots__ = ("_name",)

    def __init__(self, name: str, secret: Secret) -> None:
        super().__init__(secret)
        self._name = name.lower()

    def headers(self) -> Headers:
        """See :class:`Auth`."""
        return ((self._name, self._secret.reveal()),)


class QueryKey(_Keyed):
    """A key in a query parameter. Prefer a header where the partner takes one: addresses end in logs."""

    __slots__ = ("_name",)

    def __init__(self, name: str, secret: Secret) -> None:
        super().__init__(secret)
        self._name = name

    def apply(self, request: Request) -> Request:
        """See :class:`Auth`."""
        params = (*request.params, (self._name, self._secret.reveal()))
        return msgspec.structs.replace(request, params=params, auth=None)


class Basic(_Keyed):
    """``Authorization: Basic …`` with a name and a password in UTF-8 (RFC 7617)."""

    __slots__ = ("_encoded",)

    def __init__(self, name: str, password: Secret) -> None:
        if ":" in name:
            raise ValueError("a name with a colon cannot be told from its password")
        pair = f"{name}:{password.reveal()}"
        super().__init__(Secret(pair))
        self._encoded = Secret(base64.b64encode(pair.encode()).decode())

    def headers(self) -> Headers:
        """See :class:`Auth`."""
        return (("authorization", f"Basic {self._encoded.reveal()}"),)


def credential_in(header: str, secret: Secret) -> Auth:
    """A credential as a partner's settings say: a bearer token in ``Authorization``, else the bare key."""
    return Bearer(secret) if header.lower() == "authorization" else ApiKey(header, secret)
