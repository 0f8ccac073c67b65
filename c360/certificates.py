"""Client certificates: how an instance proves itself before a request is even sent (mutual TLS)."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

import msgspec

from c360.auth.base import mark
from c360.errors import Reconfigure
from c360.values import Secret

__all__ = ["TlsIdentity"]


class TlsIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What TLS with one partner needs beyond the ordinary. All of it in PEM."""

    certificate: Secret | None = None
    """The instance's certificate, with those that lead to its authority behind it."""
    key: Secret | None = None
    """The certificate's private key, not encrypted."""
    authorities: Secret | None = None
    """Certificates of the authorities that the partner's own has to come from; by default those that
    the system trusts."""

    def fingerprint(self) -> str:
        """A one-way mark: connections are shared only by those that have the same."""
        parts = (self.certificate, self.key, self.authorities)
        return mark(*(part.reveal() if part else "" for part in parts))

    def context(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """A context of ordinary trust, changed to this identity.

        Raises:
            Reconfigure: certificate, key or authorities cannot be used. Says which, never what stands there.
        """
        if self.authorities is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            try:
                context.load_verify_locations(cadata=self.authorities.reveal())
            except (ssl.SSLError, ValueError):
                raise Reconfigure("the authorities are no certificates in PEM") from None
        if (self.certificate is None) != (self.key is None):
            raise Reconfigure("a client certificate and its key belong together; give both or none")
        if self.certificate is not None and self.key is not None:
            _load(context, self.certificate, self.key)
        return context


def _load(context: ssl.SSLContext, certificate: Secret, key: Secret) -> None:
    """Python takes certificate and key from a file only: one that is the owner's alone, and gone at once."""
    handle, name = tempfile.mkstemp(prefix="c360-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{key.reveal()}\n{certificate.reveal()}\n")
        # A password is asked for at the terminal where none is given.
        context.load_cert_chain(name, password=_refuse)
    except (ssl.SSLError, OSError, UnicodeError, ValueError):
        raise Reconfigure(
            "the client certificate and its key cannot be used: both have to be PEM, belong together, and the"
            " key must not be encrypted"
        ) from None
    finally:
        Path(name).unlink()


def _refuse() -> str:
    raise ValueError("the key is encrypted")
