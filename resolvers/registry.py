"""Where fitted models lie, and which of them serves.

Each model has a default that is shipped beside its code, ``resolvers/<package>/models/<name>.json``. What is
fitted later lies in a folder that the settings name::

    <folder>/<name>/<version>.json    an artefact; never written twice
    <folder>/<name>/promoted.json     which version serves, and those that served before it
    <folder>/<name>/history.jsonl     every promotion and rollback: what, why, who, when

Nothing is read at import, and a process keeps the models that it began with: a promotion is served from the
next start on.
"""

from __future__ import annotations

import enum
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, TypeVar

import msgspec

from c360.errors import C360Error
from resolvers.artefacts import Origin


class ModelName(enum.Enum):
    """The models. A closed list: each is served by code of this release."""

    LIFETIME_VALUE = "lifetime-value"
    BEHAVIOURAL_RISK = "behavioural-risk"
    OPTION_PRICING = "option-pricing"
    """The mapping from distance to default to probability of default."""
    PROPENSITY = "propensity"
    RANKS = "ranks"
    """Quantiles of the population, for percentiles and deciles."""


class Artefact(Protocol):
    """A fitted model: parameters and where they come from."""

    @property
    def origin(self) -> Origin:
        """Its papers."""


A = TypeVar("A", bound=Artefact)


class RegistryError(C360Error):
    """Something is wrong with the kept models; the message says what would do."""


class UnknownVersionError(RegistryError):
    """There is no such version."""


class ArtefactError(RegistryError):
    """A file holds no artefact of that model."""


class DanglingPointerError(RegistryError):
    """The version that was promoted is gone."""


class Served(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was promoted and not rolled back, the oldest first; the last one serves."""

    versions: tuple[str, ...] = ()


_PACKAGES: Mapping[ModelName, str] = MappingProxyType(
    {
        ModelName.LIFETIME_VALUE: "lifetime_value",
        ModelName.BEHAVIOURAL_RISK: "risk",
        ModelName.OPTION_PRICING: "risk",
        ModelName.PROPENSITY: "offers",
        ModelName.RANKS: "segments",
    }
)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,63}")
_POINTER = "promoted"


def shipped(name: ModelName) -> Path:
    """The default that this release ships."""
    return Path(__file__).parent / _PACKAGES[name] / "models" / f"{name.value}.json"


def encode(artefact: Artefact) -> bytes:
    """An artefact as text: the same bytes for the same model."""
    plain = msgspec.to_builtins(artefact, str_keys=True, order="sorted", enc_hook=_plain)
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=1) + b"\n"


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(f"an artefact cannot hold {type(value).__name__}")


def decode(content: bytes, kind: type[A], where: str) -> A:
    """Read an artefact.

    Args:
        content: its text.
        kind: what it should be.
        where: its name in errors.

    Raises:
        ArtefactError: it is something else.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, ValueError) as error:
        raise ArtefactError(
            f"{where}: no {kind.__name__} of this release ({error}); fit one with: python -m api models fit"
        ) from None


def read(path: Path, kind: type[A]) -> A:
    """Read an artefact from a file.

    Raises:
        ArtefactError: there is none, or it holds something else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"{path}: {type(error).__name__}; name a readable file") from None
    return decode(content, kind, str(path))


class Source(Protocol):
    """Where a process takes its models from."""

    def load(self, name: ModelName, kind: type[A]) -> A:
        """The model that serves.

        Raises:
            RegistryError: it cannot be read; the message says what would do.
        """


class Shipped:
    """The defaults of this release, whatever was promoted."""

    def load(self, name: ModelName, kind: type[A]) -> A:
        """A default.

        Raises:
            ArtefactError: its file holds something else.
        """
        return read(shipped(name), kind)


class Registry:
    """The kept models of one deployment.

    Args:
        folder: where versions lie; it need not exist, and is written to only by :meth:`add` and promotions.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: ModelName, kind: type[A]) -> A:
        """The model that serves: the promoted version, else the shipped default.

        Raises:
            DanglingPointerError: the promoted version's file is gone.
            ArtefactError: a file holds something else.
        """
        version = self.promoted(name)
        if version is None:
            return read(shipped(name), kind)
        path = self.path(name, version)
        if not path.is_file():
            raise DanglingPointerError(
                f"{name.value}: version {version} was promoted and its file {path} is gone; put it back, "
                f"or run: python -m api models rollback {name.value}"
            )
        return read(path, kind)

    def version(self, name: ModelName, version: str, kind: type[A]) -> A:
        """One version.

        Raises:
            UnknownVersionError: there is none of that name.
            ArtefactError: its file holds something else.
        """
        if not self.path(name, version).is_file():
            known = ", ".join(self.versions(name)) or "none yet"
            raise UnknownVersionError(f"{name.value}: there is no version {version!r}; there are {known}")
        return read(self.path(name, version), kind)

    def versions(self, name: ModelName) -> tuple[str, ...]:
        """All kept versions by name, promoted or not; the shipped default is none of them."""
        found = (path.stem for path in self.of(name).glob("*.json"))
        return tuple(sorted(each for each in found if each != _POINTER and _VERSION.fullmatch(each)))

    def add(self, name: ModelName, artefact: A) -> Path:
        """Keep an artefact under its own version.

        Raises:
            ArtefactError: it would not be read back as it is, or the version is taken by another one.
        """
        content, version = encode(artefact), artefact.origin.version
        path = self.path(name, version)
        if decode(content, type(artefact), str(path)) != artefact or artefact.origin.model != name.value:
            raise ArtefactError(f"{path}: it would not be read back as {name.value} {version}")
        if path.exists() and path.read_bytes() != content:
            raise ArtefactError(f"{path}: there is another model of that version; remove it first")
        write(path, content)
        return path

    def promoted(self, name: ModelName) -> str | None:
        """The version that serves; none where it is the shipped default."""
        versions = self.served(name).versions
        return versions[-1] if versions else None

    def served(self, name: ModelName) -> Served:
        """What was promoted, the oldest first.

        Raises:
            ArtefactError: the pointer's file holds something else.
        """
        path = self.of(name) / f"{_POINTER}.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Served)
        except FileNotFoundError:
            return Served()
        except (OSError, msgspec.DecodeError) as error:
            raise ArtefactError(
                f"{path}: it does not tell what serves ({type(error).__name__}); remove it to serve the "
                "shipped default, then promote a version"
            ) from None

    def point(self, name: ModelName, served: Served) -> None:
        """Change what serves, from the next start of a process on."""
        write(self.of(name) / f"{_POINTER}.json", msgspec.json.encode(served) + b"\n")

    def path(self, name: ModelName, version: str) -> Path:
        """Where a version lies or would lie.

        Raises:
            UnknownVersionError: no version is called so.
        """
        if not _VERSION.fullmatch(version) or version == _POINTER:
            raise UnknownVersionError(
                f"{name.value}: no version is called {version!r}; use letters, digits, dots and hyphens"
            )
        return self.of(name) / f"{version}.json"

    def of(self, name: ModelName) -> Path:
        """The folder of one model."""
        return self.folder / name.value


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: no reader ever sees a part of it, a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
