"""An issuer for one's own machine: its key lies in a file, and whoever may read that file makes tokens.

The server takes its tokens only where it listens on loopback, and refuses to start anywhere else.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.authentication.keys import Load
from api.authentication.settings import Authentication, Issuer
from c360.errors import ConfigError

ISSUER = "urn:c360:development"
AUDIENCE = "c360"
HOURS = 12
"""How long its tokens last unless told."""
_ALGORITHM = "Ed25519"

DEVELOPMENT = Issuer(
    issuer=ISSUER,
    audience=(AUDIENCE,),
    algorithms=(_ALGORITHM,),
    jwks_file="development",
    max_lifetime=7 * 86_400,
)
"""How its tokens are read: as those of any other."""


class DevelopmentIssuer:
    """Makes tokens with the key of a file.

    Args:
        settings: where the key lies.
        folder: what its path is relative to.
        clock: seconds since 1970.

    Raises:
        ConfigError: the issuer is off, or its key cannot be read or made.
    """

    def __init__(
        self, settings: Authentication, folder: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        if not settings.development:
            raise ConfigError(
                "authentication.development",
                "false",
                "set it to true on your own machine; elsewhere the issuer of the settings makes tokens",
            )
        self._key = _read_or_make(folder / settings.development_key)
        self._clock = clock

    def token(
        self,
        *roles: str,
        subject: str = "",
        hours: float = HOURS,
        scopes: Iterable[str] | None = None,
        purposes: Iterable[str] | None = None,
        **claims: Any,
    ) -> str:
        """A token that the hub takes.

        Args:
            roles: names of roles.
            subject: whose it is; by default the first role's name.
            hours: how long it lasts.
            scopes: what the roles are narrowed to.
            purposes: likewise.
            claims: further ones, or others instead, such as ``customer_id``.
        """
        now = int(self._clock())
        said: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject or (roles[0] if roles else "nobody"),
            "iat": now,
            "exp": now + int(hours * 3600),
            "roles": list(roles),
            **({} if scopes is None else {"scope": " ".join(scopes)}),
            **({} if purposes is None else {"purposes": list(purposes)}),
            **claims,
        }
        header = {"alg": _ALGORITHM, "kid": self._key.kid, "typ": "at+jwt"}
        return jwt.encode(header, said, self._key, algorithms=[_ALGORITHM])

    def load(self) -> Load:
        """Its public key, as an issuer's."""
        content = json.dumps({"keys": [self._key.as_dict(private=False)]}).encode()

        async def load() -> bytes:
            return content

        return load


def _read_or_make(path: Path) -> OKPKey:
    try:
        if not path.exists():
            _make(path)
        return OKPKey.import_key(json.loads(path.read_text("ascii")))
    except (OSError, ValueError, JoseError) as error:
        raise ConfigError(
            "authentication.development_key",
            f"{str(path)!r} ({type(error).__name__})",
            "remove that file, or name another one that can be written",
        ) from None


def _make(path: Path) -> None:
    """Make a key: whole or not at all, and never over that of a process which starts at the same time."""
    made = OKPKey.generate_key("Ed25519", parameters={"alg": _ALGORITHM, "use": "sig"}, auto_kid=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}")
    half.touch(mode=0o600)
    half.write_text(json.dumps(made.as_dict(private=True)), encoding="ascii")
    try:
        with contextlib.suppress(FileExistsError):
            os.link(half, path)
    finally:
        half.unlink()
