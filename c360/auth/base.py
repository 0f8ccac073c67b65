"""What every way to authenticate has in common."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from c360.values import Secret

if TYPE_CHECKING:  # they import this module
    from c360.http import Http, Request

Headers = tuple[tuple[str, str], ...]


class Auth(ABC):
    """Adds a credential to a request on its way out.

    What must be fetched first, a token, is fetched by :meth:`ready`; what goes on the wire is made by
    :meth:`apply`, which the transport calls last, so that neither a log nor a recording before it sees
    the credential.
    """

    __slots__ = ()

    @abstractmethod
    def fingerprint(self) -> str:
        """A short one-way mark of who asks: what shared work is keyed by.

        It stays the same while the credential stands for the same: over renewals of a token, and
        from one signature to the next.
        """

    def headers(self) -> Headers:
        """Headers that carry the credential, where the request's content has no part in them."""
        return ()

    def apply(self, request: Request) -> Request:
        """The request as it goes on the wire."""
        return msgspec.structs.replace(request, headers=request.headers + self.headers(), auth=None)

    async def ready(self, http: Http) -> Auth:
        """What can be applied at once: itself, unless something has to be fetched before.

        Awaited by :class:`~c360.http.Http` for each request: cheap where nothing is due.

        Raises:
            RetryLater: what has to be fetched cannot be had at the moment.
            Reconfigure: the partner refuses to give it.
        """
        return self

    async def renewed(self, http: Http, refused: Auth) -> Auth | None:
        """What to try once more with after a 401; ``None``: nothing else is there.

        Args:
            http: the client that sent the request.
            refused: what :meth:`ready` gave for it.

        Raises:
            RetryLater: it cannot be had at the moment.
            Reconfigure: the partner refuses to give it.
        """
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


def mark(*parts: str) -> str:
    """The fingerprint of a credential that is made of these parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


class FormSecrets(Auth):
    """Secrets that travel as fields of a form, such as a refresh token.

    They are put into the body on the way out; until then the request does not hold them.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Secret]) -> None:
        self._fields = dict(fields)

    def fingerprint(self) -> str:
        """See :class:`Auth`."""
        return mark(*(part for name, secret in self._fields.items() for part in (name, secret.reveal())))

    def apply(self, request: Request) -> Request:
        """See :class:`Auth`."""
        more = urlencode([(name, secret.reveal()) for name, secret in self._fields.items()]).encode()
        content = b"&".join(filter(None, (request.content, more)))
        return msgspec.structs.replace(request, content=content, auth=None)
